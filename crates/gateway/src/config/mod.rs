//! The configuration: what it may say (`sections`, `shape`, `words`), what is wrong with it (`check`,
//! `rules`), how it is read (`read`, `migrate`) and written (`file`), and who owns it while the gateway runs (`desk`).

mod changes;
mod check;
mod clear_keys;
mod comments;
mod desk;
mod edit;
mod error;
mod file;
mod migrate;
mod model;
mod prepare;
mod read;
mod record;
mod redact;
mod rules;
mod schema;
mod sections;
mod shape;
mod twice;
mod unused;
mod urls;
mod watch_file;
mod words;

pub use changes::Change;
pub(crate) use clear_keys::ClearKey;
pub use desk::ConfigHandle;
pub(crate) use desk::{ConfigDesk, Reloaded};
pub use edit::{Edit, EditError, Edited, FileState};
pub use error::{ConfigError, Mistake};
pub use file::ConfigPlace;
pub use model::{
    AuthConfig, AuthMode, Bind, Config, ControlUiConfig, GatewayConfig, HttpToolsConfig,
    LoggingConfig, TrustedProxyConfig,
};
pub use prepare::{Flags, Prepared, SecretFlag, prepare};
pub use read::{Env, Reading, read};
pub(crate) use record::ConfigRecord;
pub(crate) use redact::url_secrets;
pub(crate) use schema::{hints, json_schema, lookup};
pub(crate) use sections::ROOT;
pub use shape::Reload;
pub(crate) use watch_file::{watch_files, watch_place};
pub(crate) use words::duration;
