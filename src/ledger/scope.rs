//! What a package may pay for: a region, a purpose and a project, each of which it may leave open (domain rules 1, 6, 26).

use crate::numbering::Region;
use std::cmp::Ordering;
use std::sync::Arc;

/// What a package is bound to. All packages of one scope are a pool: they can pay for the same messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The only region that it pays; absent = any that the catalog prices.
    pub region: Option<Region>,
    /// The only purpose that it pays, such as `marketing`; absent = any.
    pub purpose: Option<Arc<str>>,
    /// The only project of the account that it pays; absent = it is shared by all.
    pub project: Option<Arc<str>>,
}

/// By region, purpose and project. Once for all that are sorted by scopes, and not in each of their searches.
impl Ord for Scope {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        let Self { region, purpose, project } = other;
        (self.region, &self.purpose, &self.project).cmp(&(*region, purpose, project))
    }
}

impl PartialOrd for Scope {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Bytes in which the head says how the last package of a region ended.
const ROW_BYTES: usize = 30;
/// The same of a scope with a purpose or a project, without its names.
const NAMED_ROW_BYTES: usize = 48;

/// What a message needs from whoever pays for it.
#[derive(Clone, Copy, Debug)]
pub struct Need<'a> {
    /// Where it goes.
    pub region: Region,
    /// What it is for; one without a purpose is paid by packages without one.
    pub purpose: Option<&'a Arc<str>>,
    /// The project that sends it; one without a project is paid by shared packages.
    pub project: Option<&'a Arc<str>>,
    /// What it costs.
    pub segments: u32,
}

/// What keeps a package from ever paying for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// It is bound to another region.
    Region,
    /// To another purpose.
    Purpose,
    /// To another project.
    Project,
}

impl Scope {
    /// Bound to a region alone.
    pub fn of_region(region: Region) -> Self {
        Self { region: Some(region), ..Self::default() }
    }

    /// What keeps its packages from paying for a message, the weightiest first.
    pub fn mismatch(&self, need: &Need<'_>) -> Option<Mismatch> {
        let differs =
            |own: &Option<Arc<str>>, asked: Option<&Arc<str>>| own.is_some() && own.as_ref() != asked;
        if self.region.is_some_and(|own| own != need.region) {
            Some(Mismatch::Region)
        } else if differs(&self.purpose, need.purpose) {
            Some(Mismatch::Purpose)
        } else if differs(&self.project, need.project) {
            Some(Mismatch::Project)
        } else {
            None
        }
    }

    /// Whether it is bound to more than a region.
    pub fn named(&self) -> bool {
        self.purpose.is_some() || self.project.is_some()
    }

    /// How general it is: a bound region weighs more than a bound purpose, and that more than a bound project.
    pub(super) fn generality(&self) -> i64 {
        let open = [self.region.is_none(), self.purpose.is_none(), self.project.is_none()];
        open.into_iter().fold(0, |sum, open| (sum << 1) | i64::from(open))
    }

    /// Bytes that the head takes at most to say how its last package ended.
    pub(super) fn bytes(&self) -> usize {
        let names = [&self.purpose, &self.project].into_iter().flatten();
        // A name is printable; JSON escapes quotes and backslashes.
        let escaped = |name: &Arc<str>| {
            let escapes = name.bytes().filter(|byte| matches!(byte, b'"' | b'\\'));
            name.len().saturating_add(escapes.count())
        };
        let row = if self.named() { NAMED_ROW_BYTES } else { ROW_BYTES };
        names.map(escaped).fold(row, usize::saturating_add)
    }
}

impl<'a> Need<'a> {
    /// The scopes whose packages can pay for the message, at most eight; those bound to no region only where `general`.
    pub(super) fn scopes(self, general: bool) -> impl Iterator<Item = Scope> + 'a {
        let regions = [Some(self.region), None].into_iter().take(if general { 2 } else { 1 });
        regions.flat_map(move |region| {
            choices(self.purpose).flat_map(move |purpose| {
                choices(self.project).map(move |project| Scope {
                    region,
                    purpose: purpose.cloned(),
                    project: project.cloned(),
                })
            })
        })
    }
}

/// What is asked for, where something is, and nothing.
fn choices(asked: Option<&Arc<str>>) -> impl Iterator<Item = Option<&Arc<str>>> {
    asked.map(Some).into_iter().chain([None])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(region: &str, purpose: &str, project: &str) -> Scope {
        let name = |name: &str| (!name.is_empty()).then(|| Arc::from(name));
        Scope { region: region.parse().ok(), purpose: name(purpose), project: name(project) }
    }

    #[test]
    fn a_scope_pays_what_it_does_not_exclude() {
        let cases: &[(Scope, Option<Mismatch>)] = &[
            (scope("", "", ""), None),
            (scope("AU", "codes", "shop"), None),
            (scope("US", "codes", "shop"), Some(Mismatch::Region)),
            (scope("US", "news", "blog"), Some(Mismatch::Region)),
            (scope("AU", "news", "blog"), Some(Mismatch::Purpose)),
            (scope("", "codes", "blog"), Some(Mismatch::Project)),
        ];
        let (purpose, project) = (Arc::from("codes"), Arc::from("shop"));
        let (purpose, project) = (Some(&purpose), Some(&project));
        let need = Need { region: "AU".parse().unwrap(), purpose, project, segments: 1 };
        for (scope, expected) in cases {
            assert_eq!(scope.mismatch(&need), *expected, "{scope:?}");
        }
        let bare = Need { purpose: None, project: None, ..need };
        assert_eq!(scope("", "codes", "").mismatch(&bare), Some(Mismatch::Purpose));
        assert_eq!(scope("", "", "shop").mismatch(&bare), Some(Mismatch::Project));
    }

    #[test]
    fn the_scopes_that_pay_are_those_without_a_mismatch_each_once() {
        let (purpose, project) = (Arc::from("codes"), Arc::from("shop"));
        for (purpose, project, count) in [
            (Some(&purpose), Some(&project), 8),
            (Some(&purpose), None, 4),
            (None, Some(&project), 4),
            (None, None, 2),
        ] {
            let need = Need { region: "AU".parse().unwrap(), purpose, project, segments: 1 };
            let mut scopes: Vec<Scope> = need.scopes(true).collect();
            assert!(scopes.iter().all(|scope| scope.mismatch(&need).is_none()));
            scopes.sort();
            scopes.dedup();
            assert_eq!((scopes.len(), need.scopes(false).count()), (count, count / 2));
        }
    }

    #[test]
    fn a_region_weighs_more_than_a_purpose_and_that_more_than_a_project() {
        let order = [
            scope("AU", "codes", "shop"),
            scope("AU", "codes", ""),
            scope("AU", "", "shop"),
            scope("AU", "", ""),
            scope("", "codes", "shop"),
            scope("", "codes", ""),
            scope("", "", "shop"),
            scope("", "", ""),
        ];
        assert!(order.iter().map(Scope::generality).is_sorted_by(|a, b| a < b));
    }
}
