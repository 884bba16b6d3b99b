//! How the keeping of secrets stands, as data. The words for it are the page's.

/// Where a secret can live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The operating system's keychain.
    Keychain,
    /// A file encrypted with the person's passphrase.
    EncryptedFile,
    /// Gone when the application ends.
    Memory,
}

/// Whether secrets can be kept and read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStoreState {
    Ready(Place),
    /// The keychain is there but locked. `unlock` makes the system prompt.
    KeychainLocked,
    /// The person has to choose a place.
    ChoiceNeeded {
        reason: ChoiceReason,
    },
    /// The encrypted file waits for its passphrase. `wrong`: the last one did not open it.
    PassphraseNeeded {
        wrong: bool,
    },
}

/// Why a choice is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChoiceReason {
    /// There is no session bus to reach a keychain over.
    NoSessionBus,
    /// Nothing on the session bus keeps secrets.
    NoSecretService,
    /// The keychain answers with an error.
    KeychainFailed,
    /// The keychain does not answer in time.
    KeychainSilent,
    /// The encrypted file was changed or broken. It is left as it is.
    FileDamaged,
    /// The encrypted file was chosen and is gone.
    FileMissing,
    /// The record of the choice cannot be read. It is left as it is.
    ChoiceUnreadable,
}

impl ChoiceReason {
    /// In words, for who has no page to read.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSessionBus => "there is no session bus to reach a keychain over",
            Self::NoSecretService => "nothing on the session bus keeps secrets",
            Self::KeychainFailed => "the keychain answers with an error",
            Self::KeychainSilent => "the keychain does not answer",
            Self::FileDamaged => "the encrypted file is damaged",
            Self::FileMissing => "the encrypted file is gone",
            Self::ChoiceUnreadable => "the record of the chosen place cannot be read",
        }
    }

    /// A stable code in camel case for the page.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoSessionBus => "noSessionBus",
            Self::NoSecretService => "noSecretService",
            Self::KeychainFailed => "keychainFailed",
            Self::KeychainSilent => "keychainSilent",
            Self::FileDamaged => "fileDamaged",
            Self::FileMissing => "fileMissing",
            Self::ChoiceUnreadable => "choiceUnreadable",
        }
    }
}

/// What the person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The keychain, when it is ready.
    Keychain,
    /// The encrypted file: the one that is there, else a new one.
    EncryptedFile,
    /// A new encrypted file; one that is there is set aside under another name, still encrypted.
    /// For a forgotten passphrase, a damaged file, or to change the passphrase of an open one.
    NewEncryptedFile,
    Memory,
}

impl Choice {
    /// The place it names.
    pub fn place(self) -> Place {
        match self {
            Self::Keychain => Place::Keychain,
            Self::EncryptedFile | Self::NewEncryptedFile => Place::EncryptedFile,
            Self::Memory => Place::Memory,
        }
    }
}
