//! What can go wrong, and what of it a run lets happen.

/// What has met a call on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A read threw.
    ReadFailed,
    /// What was read had changed when it arrived.
    OldRead,
    /// A commit threw and was never applied.
    CommitFailed,
    /// A commit was applied, and its answer lost.
    AnswerLost,
    /// A commit threw, and was applied or refused long after.
    LateCommit,
    /// A commit reached the store twice.
    CommitTwice,
    /// The store's answer came twice.
    ReplyTwice,
    /// A commit was refused though nothing was stale.
    FalseRefusal,
    /// A commit was refused because another instance was first.
    Race,
    /// The instance was thrown away.
    Crash,
    /// The caller lost patience and called again, elsewhere, while the first call went on.
    CalledTwice,
    /// The clock was behind the account's.
    ClockBack,
    /// The queue was full.
    Overloaded,
}

impl Fault {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::ReadFailed,
        Self::OldRead,
        Self::CommitFailed,
        Self::AnswerLost,
        Self::LateCommit,
        Self::CommitTwice,
        Self::ReplyTwice,
        Self::FalseRefusal,
        Self::Race,
        Self::Crash,
        Self::CalledTwice,
        Self::ClockBack,
        Self::Overloaded,
    ];

    /// A word for tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReadFailed => "read failed",
            Self::OldRead => "old read",
            Self::CommitFailed => "commit failed",
            Self::AnswerLost => "answer lost",
            Self::LateCommit => "late commit",
            Self::CommitTwice => "commit twice",
            Self::ReplyTwice => "reply twice",
            Self::FalseRefusal => "false refusal",
            Self::Race => "race",
            Self::Crash => "crash",
            Self::CalledTwice => "called twice",
            Self::ClockBack => "clock back",
            Self::Overloaded => "overloaded",
        }
    }

    fn bit(self) -> u32 {
        1 << Self::ALL.iter().position(|fault| *fault == self).unwrap_or(0)
    }
}

/// A set of faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(u32);

impl Faults {
    /// Every fault.
    pub(crate) fn all() -> Self {
        Self(Fault::ALL.iter().fold(0, |bits, fault| bits | fault.bit()))
    }

    pub(crate) fn has(self, fault: Fault) -> bool {
        self.0 & fault.bit() != 0
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.0 |= fault.bit();
    }

    pub(crate) fn without(self, fault: Fault) -> Self {
        Self(self.0 & !fault.bit())
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }
}
