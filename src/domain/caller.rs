//! On whose behalf an operation runs.

/// A revision records it; a credential will fill it in where one is required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who, in terms that are not personal data.
    pub name: String,
}

impl Caller {
    /// Whoever reaches the unit's port without a credential.
    pub fn anonymous() -> Self {
        Self { name: "anonymous".to_owned() }
    }
}
