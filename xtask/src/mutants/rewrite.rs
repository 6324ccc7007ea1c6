//! A file with all of its mutants in it, each behind a switch: `if crate::mutant::on(17) { … } else { … }`.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::list::{Genre, Mutant, Place};

/// A file after rewriting.
#[derive(Debug)]
pub(super) struct Rewritten {
    /// Its new text.
    pub(super) text: String,
    /// Where its mutants are, the inner ones behind the outer ones.
    pub(super) traces: Vec<Trace>,
}

/// Where one mutant is in the new text, in bytes.
#[derive(Debug)]
pub(super) struct Trace {
    /// Its number.
    pub(super) number: usize,
    /// What is compiled only for it.
    pub(super) own: Range<usize>,
    /// That, and the code that it takes the place of.
    pub(super) whole: Range<usize>,
}

/// Text to put around a range of the file.
struct Edit {
    range: Range<usize>,
    /// Of two at the same range, the lower one is outside.
    rank: u8,
    before: String,
    after: &'static str,
    number: Option<usize>,
}

/// What a mutant is found by: its kind, and the byte at which what it replaces begins.
type Key = (Genre, usize);

/// The part of the code that is chosen instead of, or together with, what a mutant changes.
#[derive(Clone)]
struct Site {
    whole: Range<usize>,
    /// Where the operands are, left and right.
    operands: Vec<Range<usize>>,
    /// Whether it has a `let` among its conditions: only `&&` may stand there.
    binds: bool,
    /// Whether it is the guard of an arm, or the place of one.
    guards: bool,
}

impl Site {
    /// The whole of an expression.
    fn of(node: &impl Spanned) -> Self {
        Self { whole: bytes(node), operands: Vec::new(), binds: false, guards: false }
    }
}

/// Rewrites a file; a mutant that can be no expression of its own is left out.
pub(super) fn rewritten(source: &str, mutants: &[(usize, &Mutant)]) -> Result<Rewritten> {
    let file = syn::parse_file(source)?;
    let mut sites = Sites(HashMap::new());
    sites.visit_file(&file);
    let lines = line_starts(source);
    let mut edits = Vec::new();
    for (number, mutant) in mutants {
        let range = byte(source, &lines, mutant.span.start)?..byte(source, &lines, mutant.span.end)?;
        edits.extend(edit(source, *number, mutant, range, &sites.0)?);
    }
    // The body of a function that returns an iterator of no name has its box once.
    edits.sort_by_key(|edit| (edit.range.start, std::cmp::Reverse(edit.range.end), edit.rank));
    edits.dedup_by(|later, earlier| {
        later.number.is_none() && earlier.number.is_none() && later.range == earlier.range
    });
    Ok(written(source, &edits))
}

fn edit(
    source: &str,
    number: usize,
    mutant: &Mutant,
    range: Range<usize>,
    sites: &HashMap<Key, Site>,
) -> Result<Vec<Edit>> {
    let on = format!("crate::mutant::on({number})");
    let value = &mutant.replacement;
    let one = |range, rank, before, after| vec![Edit { range, rank, before, after, number: Some(number) }];
    match mutant.genre {
        Genre::FnValue if mutant.returns_iterator() => {
            let mut edits = one(
                range.clone(),
                0,
                format!("if {on} {{ return Box::new({value}) as Box<dyn Iterator<Item = _>>; }} "),
                "",
            );
            edits.push(Edit {
                range,
                rank: 1,
                before: "Box::new({ ".to_owned(),
                after: " }) as Box<dyn Iterator<Item = _>>",
                number: None,
            });
            return Ok(edits);
        }
        Genre::FnValue => return Ok(one(range, 0, format!("if {on} {{ return {value}; }} "), "")),
        Genre::BinaryOperator
        | Genre::UnaryOperator
        | Genre::MatchArm
        | Genre::MatchArmGuard
        | Genre::StructField => {}
    }
    let site = sites
        .get(&(mutant.genre, range.start))
        .with_context(|| format!("there is no such place: {}", mutant.name))?;
    let whole = site.whole.clone();
    let text = |range: Range<usize>| source.get(range).unwrap_or_default();
    let changed = match (mutant.genre, site.operands.as_slice()) {
        (Genre::MatchArm, _) if site.guards => {
            return Ok(match () {
                () if whole.is_empty() => one(whole, 0, format!(" if !{on}"), ""),
                () if site.binds => one(whole, 0, format!("!{on} && "), ""),
                () => one(whole, 0, format!("!{on} && ("), ")"),
            });
        }
        _ if site.binds => return Ok(Vec::new()),
        (Genre::BinaryOperator, [left, right]) => {
            format!("({}) {value} ({})", text(left.clone()), text(right.clone()))
        }
        _ => format!("{}{value}{}", text(whole.start..range.start), text(range.end..whole.end)),
    };
    Ok(one(whole, 1, format!("(if {on} {{ {changed} }} else {{ "), " })"))
}

/// The text with all edits, which lie in each other or apart.
fn written(source: &str, edits: &[Edit]) -> Rewritten {
    let mut out = Rewritten { text: String::new(), traces: Vec::new() };
    // What is open, with the index of its trace.
    let mut open: Vec<(&Edit, Option<usize>)> = Vec::new();
    let mut at = 0;
    let copy = |out: &mut Rewritten, at: &mut usize, to: usize| {
        out.text.push_str(source.get(*at..to).unwrap_or_default());
        *at = to;
    };
    let close = |out: &mut Rewritten, at: &mut usize, (edit, trace): (&Edit, Option<usize>)| {
        copy(out, at, edit.range.end);
        out.text.push_str(edit.after);
        let end = out.text.len();
        if let Some(trace) = trace.and_then(|index| out.traces.get_mut(index)) {
            trace.whole.end = end;
        }
    };
    for edit in edits {
        while let Some(last) = open.pop_if(|(last, _)| last.range.end <= edit.range.start) {
            close(&mut out, &mut at, last);
        }
        copy(&mut out, &mut at, edit.range.start);
        let start = out.text.len();
        out.text.push_str(&edit.before);
        let trace = edit.number.map(|number| {
            out.traces.push(Trace { number, own: start..out.text.len(), whole: start..start });
            out.traces.len().saturating_sub(1)
        });
        open.push((edit, trace));
    }
    while let Some(last) = open.pop() {
        close(&mut out, &mut at, last);
    }
    copy(&mut out, &mut at, source.len());
    out
}

fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at.saturating_add(1))).collect()
}

fn byte(source: &str, lines: &[usize], place: Place) -> Result<usize> {
    let start = lines.get(place.line.saturating_sub(1)).context("a line that is not there")?;
    let rest = source.get(*start..).unwrap_or_default();
    let within = rest.char_indices().nth(place.column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    Ok(start.saturating_add(within))
}

/// Every place of a file that a mutant may change.
struct Sites(HashMap<Key, Site>);

impl Sites {
    fn put(&mut self, genre: Genre, at: usize, site: Site) {
        self.0.insert((genre, at), site);
    }
}

impl<'ast> Visit<'ast> for Sites {
    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        let site = Site {
            operands: vec![bytes(&node.left), bytes(&node.right)],
            binds: binds(&node.left) || binds(&node.right),
            ..Site::of(node)
        };
        self.put(Genre::BinaryOperator, bytes(&node.op).start, site);
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        self.put(Genre::UnaryOperator, bytes(&node.op).start, Site::of(node));
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        let total = |arm: &syn::Arm| arm.guard.is_none() && takes_all(&arm.pat);
        for arm in &node.arms {
            let end = bytes(&arm.pat).end;
            let guard = arm.guard.as_ref().map(|(_, guard)| &**guard);
            let site = Site {
                whole: guard.map_or(end..end, bytes),
                binds: guard.is_some_and(binds),
                guards: true,
                ..Site::of(node)
            };
            // An arm with a guard counts for nothing where the compiler asks whether every case has one.
            let spared =
                guard.is_some() || node.arms.iter().any(|other| !std::ptr::eq(other, arm) && total(other));
            let off = if spared { site.clone() } else { Site::of(node) };
            self.put(Genre::MatchArm, bytes(arm).start, off);
            if let Some(guard) = guard {
                self.put(Genre::MatchArmGuard, bytes(guard).start, site);
            }
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        for field in &node.fields {
            self.put(Genre::StructField, bytes(field).start, Site::of(node));
        }
        visit::visit_expr_struct(self, node);
    }
}

fn bytes(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// Whether a pattern matches whatever is there: `_`, a name, or a tuple of such.
fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(name) => {
            name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase)
        }
        syn::Pat::Tuple(tuple) => tuple.elems.iter().all(takes_all),
        _ => false,
    }
}

/// Whether a condition binds names by `let`.
fn binds(condition: &syn::Expr) -> bool {
    match condition {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(node) => binds(&node.left) || binds(&node.right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::list::Extent;
    use super::*;

    fn mutant(genre: Genre, replacement: &str, line: usize, columns: (usize, usize)) -> Mutant {
        Mutant {
            file: String::new(),
            name: String::new(),
            genre,
            span: Extent { start: Place { line, column: columns.0 }, end: Place { line, column: columns.1 } },
            replacement: replacement.to_owned(),
            function: None,
        }
    }

    fn text(source: &str, mutants: &[Mutant]) -> String {
        let numbered: Vec<(usize, &Mutant)> = mutants.iter().enumerate().collect();
        let rewritten = rewritten(source, &numbered).unwrap();
        for trace in &rewritten.traces {
            let own = rewritten.text.get(trace.own.clone()).unwrap();
            assert!(own.contains(&format!("on({})", trace.number)), "{own}");
            assert!(rewritten.text.get(trace.whole.clone()).unwrap().starts_with(own), "{own}");
        }
        rewritten.text
    }

    #[test]
    fn puts_every_kind_behind_a_switch() {
        let source = "fn f(é: u8) -> bool {\n    é + 1 == 2 && !g()\n}";
        let mutants = [
            mutant(Genre::FnValue, "true", 2, (5, 23)),
            mutant(Genre::BinaryOperator, "!=", 2, (11, 13)),
            mutant(Genre::BinaryOperator, "||", 2, (16, 18)),
            mutant(Genre::UnaryOperator, "", 2, (19, 20)),
        ];
        let expected = "fn f(é: u8) -> bool {\n    \
            if crate::mutant::on(0) { return true; } \
            (if crate::mutant::on(2) { (é + 1 == 2) || (!g()) } else { \
            (if crate::mutant::on(1) { (é + 1) != (2) } else { é + 1 == 2 }) && \
            (if crate::mutant::on(3) { g() } else { !g() }) })\n}";
        assert_eq!(text(source, &mutants), expected);
    }

    #[test]
    fn turns_arms_off_by_their_guards() {
        let source = "fn f() {\nmatch x {\nA => 1,\nB if b => 2,\n_ => C { a: 1, ..d },\n} }\nfn g() { match y {\nA => 3, _ if z => 4 } }";
        let mutants = [
            mutant(Genre::MatchArm, "", 3, (1, 8)),
            mutant(Genre::MatchArm, "", 4, (1, 13)),
            mutant(Genre::MatchArmGuard, "true", 4, (6, 7)),
            mutant(Genre::StructField, "", 5, (10, 15)),
            mutant(Genre::MatchArm, "", 8, (1, 8)),
        ];
        let expected = "fn f() {\nmatch x {\nA if !crate::mutant::on(0) => 1,\n\
            B if !crate::mutant::on(1) && ((if crate::mutant::on(2) { true } else { b })) => 2,\n\
            _ => (if crate::mutant::on(3) { C {  ..d } } else { C { a: 1, ..d } }),\n} }\n\
            fn g() { (if crate::mutant::on(4) { match y {\n _ if z => 4 } } else { match y {\nA => 3, _ if z => 4 } }) }";
        assert_eq!(text(source, &mutants), expected);
    }

    #[test]
    fn leaves_a_condition_that_binds_as_it_is() {
        let source = "fn f() {\nif let A = a && b == c {}\n}";
        let mutants = [
            mutant(Genre::BinaryOperator, "||", 2, (14, 16)),
            mutant(Genre::BinaryOperator, "!=", 2, (19, 21)),
        ];
        let expected =
            "fn f() {\nif let A = a && (if crate::mutant::on(1) { (b) != (c) } else { b == c }) {}\n}";
        assert_eq!(text(source, &mutants), expected);
    }
}
