//! What has become of segments: six buckets that always add up.

/// A place where segments are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// All that was ever issued: the other side of every issue, so its postings are negative.
    Issued,
    /// Usable and unheld.
    Available,
    /// Set aside for messages whose outcome is not known.
    Held,
    /// Paid for messages.
    Spent,
    /// Lost unspent: breakage.
    Expired,
    /// Taken away by an administrator.
    Adjusted,
}

impl Bucket {
    /// Every bucket, in the order of stored counts.
    pub const ALL: [Self; 6] =
        [Self::Issued, Self::Available, Self::Held, Self::Spent, Self::Expired, Self::Adjusted];

    /// As the journal writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Available => "available",
            Self::Held => "held",
            Self::Spent => "spent",
            Self::Expired => "expired",
            Self::Adjusted => "adjusted",
        }
    }

    /// The bucket of this code.
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.code() == code)
    }

    /// Its place in [`Bucket::ALL`], as documents and hashes write it.
    pub fn code(self) -> u8 {
        match self {
            Self::Issued => 0,
            Self::Available => 1,
            Self::Held => 2,
            Self::Spent => 3,
            Self::Expired => 4,
            Self::Adjusted => 5,
        }
    }
}

/// Segments by bucket, of a package or of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that was ever issued.
    pub issued: u64,
    /// Usable and unheld.
    pub available: u64,
    /// Set aside.
    pub held: u64,
    /// Paid.
    pub spent: u64,
    /// Lost unspent.
    pub expired: u64,
    /// Taken away.
    pub adjusted: u64,
}

impl Counts {
    /// Whether every segment issued is in exactly one place.
    pub fn balanced(&self) -> bool {
        let places = [self.available, self.held, self.spent, self.expired, self.adjusted];
        places.into_iter().try_fold(0_u64, u64::checked_add) == Some(self.issued)
    }

    /// Segments that can still go somewhere.
    pub fn open(&self) -> bool {
        self.available > 0 || self.held > 0
    }

    /// The counts after a posting: none where a bucket would go below zero or overflow. What leaves `issued` has been
    /// issued, so its sign is turned.
    #[must_use]
    pub fn posted(mut self, bucket: Bucket, segments: i64) -> Option<Self> {
        let (place, change) = match bucket {
            Bucket::Issued => (&mut self.issued, segments.checked_neg()?),
            Bucket::Available => (&mut self.available, segments),
            Bucket::Held => (&mut self.held, segments),
            Bucket::Spent => (&mut self.spent, segments),
            Bucket::Expired => (&mut self.expired, segments),
            Bucket::Adjusted => (&mut self.adjusted, segments),
        };
        *place = place.checked_add_signed(change)?;
        Some(self)
    }

    /// In the order of [`Bucket::ALL`].
    pub fn to_array(self) -> [u64; 6] {
        [self.issued, self.available, self.held, self.spent, self.expired, self.adjusted]
    }

    /// From the order of [`Bucket::ALL`].
    pub fn from_array([issued, available, held, spent, expired, adjusted]: [u64; 6]) -> Self {
        Self { issued, available, held, spent, expired, adjusted }
    }
}
