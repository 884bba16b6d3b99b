//! A session bus that starts nothing by itself.

use std::{fs, path::Path};

use zbus::{fdo::DBusProxy, names::BusName};

use super::{START_LIMIT, first_line};
use crate::{
    child::{PeerCommand, PeerProcess, require_program},
    error::{During, TestkitError},
};

pub(super) struct Bus {
    process: PeerProcess,
    address: String,
}

impl Bus {
    pub(super) async fn start(folder: &Path) -> Result<Self, TestkitError> {
        let daemon = require_program("dbus-daemon", "dbus")?;
        let config = folder.join("peers/bus.conf");
        fs::create_dir(folder.join("peers/services")).during("make the bus's service folder")?;
        fs::write(&config, configuration(folder)).during("write the bus's configuration")?;
        let (mut process, output) =
            PeerCommand::new("dbus-daemon", daemon, &folder.join("peers/bus.log"))
                .arg("--config-file")
                .arg(&config)
                .arg("--nofork")
                .arg("--print-address=1")
                .spawn_piped()?;
        let address = first_line(&mut process, output)?;
        Ok(Self { process, address })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn check(&mut self) -> Result<(), TestkitError> {
        self.process.check_alive()
    }

    /// Waits until somebody answers for a name.
    pub(super) async fn wait_for_owner(
        &self,
        name: &'static str,
        process: &mut PeerProcess,
    ) -> Result<(), TestkitError> {
        let connection = connect(&self.address).await?;
        let proxy = DBusProxy::new(&connection).await.map_err(bus_error)?;
        let wanted = BusName::from_static_str(name).map_err(|error| bus_error(error.into()))?;
        process
            .wait_for(START_LIMIT, async || {
                proxy
                    .name_has_owner(wanted.clone())
                    .await
                    .unwrap_or(false)
                    .then_some(())
            })
            .await
    }
}

pub(super) async fn connect(address: &str) -> Result<zbus::Connection, TestkitError> {
    let builder = zbus::connection::Builder::address(address).map_err(bus_error)?;
    builder.build().await.map_err(bus_error)
}

pub(super) fn bus_error(error: zbus::Error) -> TestkitError {
    TestkitError::Other(format!("session bus: {error}"))
}

fn configuration(folder: &Path) -> String {
    let socket = folder.join("run/bus");
    let services = folder.join("peers/services");
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display(),
        services.display()
    )
}
