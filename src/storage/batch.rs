//! What a commit checks and writes, as one text: a commit of hundreds of documents is one string on its way to the host.

/// What a commit writes, and what it expects of the keys that it writes: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Of each write its key, its expected revision and its value, as far as it has them.
    text: String,
    writes: Vec<Span>,
}

/// What a key must be before the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect<'a> {
    /// Whatever it is.
    Anything,
    /// Absent.
    Absent,
    /// Of this revision.
    Revision(&'a str),
}

/// One write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write<'a> {
    /// The key.
    pub key: &'a str,
    /// What it must be before.
    pub expect: Expect<'a>,
    /// What it holds after; none = it is deleted.
    pub value: Option<&'a str>,
}

/// Where a write's parts end in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    key: usize,
    revision: usize,
    value: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Put,
    PutNew,
    PutAt,
    Delete,
}

impl Batch {
    /// An empty batch with room for so many writes, of so many bytes together.
    pub fn with_capacity(writes: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), writes: Vec::with_capacity(writes) }
    }

    /// Puts a value under a key; both are appended to the text that they are given. Gives the value's length in bytes.
    pub fn put(
        &mut self,
        key: impl FnOnce(&mut String),
        expect: Expect<'_>,
        value: impl FnOnce(&mut String),
    ) -> usize {
        key(&mut self.text);
        let key = self.text.len();
        let kind = match expect {
            Expect::Anything => Kind::Put,
            Expect::Absent => Kind::PutNew,
            Expect::Revision(revision) => {
                self.text.push_str(revision);
                Kind::PutAt
            }
        };
        let revision = self.text.len();
        value(&mut self.text);
        let end = self.text.len();
        self.writes.push(Span { key, revision, value: end, kind });
        end.saturating_sub(revision)
    }

    /// Deletes a key.
    pub fn delete(&mut self, key: impl FnOnce(&mut String)) {
        key(&mut self.text);
        let end = self.text.len();
        self.writes.push(Span { key: end, revision: end, value: end, kind: Kind::Delete });
    }

    /// The writes in order.
    pub fn writes(&self) -> impl ExactSizeIterator<Item = Write<'_>> {
        let mut start = 0;
        self.writes.iter().map(move |span| {
            let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
            let (key, value) = (part(start, span.key), part(span.revision, span.value));
            start = span.value;
            let expect = match span.kind {
                Kind::Put | Kind::Delete => Expect::Anything,
                Kind::PutNew => Expect::Absent,
                Kind::PutAt => Expect::Revision(part(span.key, span.revision)),
            };
            Write { key, expect, value: (span.kind != Kind::Delete).then_some(value) }
        })
    }

    /// How many keys are expected to be something.
    pub fn checks(&self) -> usize {
        self.writes().filter(|write| write.expect != Expect::Anything).count()
    }

    /// Key, expected revision and value of every write, one after the other, as [`Batch::writes`] gives them.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_come_back_as_they_were_put() {
        let mut batch = Batch::default();
        let lengths = [
            batch.put(|key| key.push_str("account"), Expect::Revision("7"), |value| value.push_str("{}")),
            batch.put(|key| key.push_str("hold/é"), Expect::Absent, |value| value.push_str("[\"é\"]")),
        ];
        batch.delete(|key| key.push_str("package/open/1"));
        batch.put(|key| key.push_str("entry/1"), Expect::Anything, |_| {});
        assert_eq!(lengths, [2, 6]);
        let writes: Vec<Write<'_>> = batch.writes().collect();
        let write = |key, expect, value| Write { key, expect, value };
        assert_eq!(
            writes,
            [
                write("account", Expect::Revision("7"), Some("{}")),
                write("hold/é", Expect::Absent, Some("[\"é\"]")),
                write("package/open/1", Expect::Anything, None),
                write("entry/1", Expect::Anything, Some("")),
            ]
        );
        assert_eq!((batch.checks(), batch.text()), (2, "account7{}hold/é[\"é\"]package/open/1entry/1"));
    }
}
