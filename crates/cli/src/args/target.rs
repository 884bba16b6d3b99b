//! Which gateway, and what to show it. What follows from these options is decided in `dial`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::number::whole;

/// The options that every command with a gateway takes. A value that is a secret has no `Debug`.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Target {
    /// The gateway's address [env: OPENCLAW_GATEWAY_URL] [default: ws://127.0.0.1:18789]
    #[arg(long, global = true)]
    pub(crate) url: Option<String>,
    /// Its token; other programs of this machine can see it, so prefer --token-file or the
    /// environment [env: OPENCLAW_GATEWAY_TOKEN]
    #[arg(long, global = true, conflicts_with = "token_file")]
    pub(crate) token: Option<String>,
    /// A file with the token; `-` reads it from stdin
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Its password; other programs of this machine can see it [env: OPENCLAW_GATEWAY_PASSWORD]
    #[arg(long, global = true, conflicts_with = "password_file")]
    pub(crate) password: Option<String>,
    /// A file with the password; `-` reads it from stdin
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Trust the certificate with this fingerprint, and no other
    #[arg(long, global = true, value_name = "SHA256")]
    pub(crate) pin: Option<String>,
    /// What this command line proves itself with [default: auto]
    #[arg(long, global = true, value_enum)]
    pub(crate) device: Option<DeviceChoice>,
    /// Seconds to wait for the gateway and for each answer, 1 to 86400 [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", allow_negative_numbers = true,
        value_parser = whole::<u64>(1, 86_400))]
    pub(crate) timeout: Option<u64>,
}

impl Target {
    /// With what stands before the command, where the command itself does not say it.
    pub(super) fn behind(self, before: Self) -> Self {
        Self {
            url: self.url.or(before.url),
            token: self.token.or(before.token),
            token_file: self.token_file.or(before.token_file),
            password: self.password.or(before.password),
            password_file: self.password_file.or(before.password_file),
            pin: self.pin.or(before.pin),
            device: self.device.or(before.device),
            timeout: self.timeout.or(before.timeout),
        }
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        let texts = [&self.url, &self.token, &self.password, &self.pin];
        let files = [&self.token_file, &self.password_file];
        texts.iter().all(|text| text.is_none())
            && files.iter().all(|file| file.is_none())
            && self.device.is_none()
            && self.timeout.is_none()
    }

    /// Whether a secret was given twice, straight and by a file.
    pub(super) fn has_a_secret_twice(&self) -> bool {
        (self.token.is_some() && self.token_file.is_some())
            || (self.password.is_some() && self.password_file.is_some())
    }
}

/// What a gateway recognises this command line by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceChoice {
    /// None for a gateway on this machine, which wants none; elsewhere the one in the keychain
    #[default]
    Auto,
    /// A device of its own, its key in the system's keychain
    Keychain,
    /// A device of its own, its key in a file encrypted with GATEHOUSE_PASSPHRASE
    File,
    /// A new device for this one command; gateways may ask to pair it each time
    Ephemeral,
    /// None
    None,
}
