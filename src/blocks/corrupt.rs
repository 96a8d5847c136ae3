//! What can be wrong with a block.

use thiserror::Error;

/// Why a block was refused. None of these is the reader's fault: the block was damaged, or another program wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CorruptBlock {
    /// The first byte names a version that this program cannot read.
    #[error(
        "the block has version {0}, which this program does not know; was it written by a newer one?"
    )]
    UnknownVersion(u8),
    /// The bytes are not those that were written.
    #[error("the block's checksum is wrong")]
    Checksum,
    /// The block ends before its content does.
    #[error("the block is cut short")]
    CutShort,
    /// The block goes on after its content.
    #[error("the block has {0} bytes too many")]
    TooLong(usize),
    /// The block is of another day or column than expected.
    #[error("the block has {found} rows instead of {expected}")]
    Rows {
        /// What the caller asked for.
        expected: usize,
        /// What the block says.
        found: u64,
    },
    /// The kind of column is none of the three.
    #[error("the block's column is of the unknown kind {0}")]
    UnknownKind(u8),
    /// The encoding of a series is none that exists.
    #[error("the block has the unknown encoding {0}")]
    UnknownEncoding(u8),
    /// The checksum is right, but the content contradicts itself.
    #[error("the block contradicts itself: {0}")]
    Invalid(&'static str),
}
