//! What makes the fleet a desktop application: windows, tray, notices, links, logging.

pub(crate) mod desk;
pub(crate) mod links;
pub(crate) mod streams;
pub(crate) mod window;
