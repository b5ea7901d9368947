//! What an operation does to the service, and so what a failure of it means.

/// What an operation does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It changes nothing.
    ReadOnly,
    /// Doing it twice leaves the same state as doing it once.
    Idempotent,
    /// Doing it twice does the work twice.
    CreatesWork,
}
