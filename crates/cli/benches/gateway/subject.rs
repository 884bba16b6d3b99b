//! A gateway under measurement: ours or the published one, both with the scripted model behind them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use gatehouse_testkit::{gateway::RealGateway, model::ScriptedModel};

use crate::own::OwnGateway;

pub(crate) enum Subject {
    Own(OwnGateway),
    Real(Box<RealGateway>),
}

impl Subject {
    /// Starts the process on the state that it left; returns how long it took to be healthy.
    pub(crate) async fn launch(&mut self) -> Result<Duration, String> {
        let begun = Instant::now();
        match self {
            Self::Own(own) => own.launch().await?,
            Self::Real(real) => real.launch().await.map_err(|error| error.to_string())?,
        }
        Ok(begun.elapsed())
    }

    pub(crate) fn stop(&mut self) {
        match self {
            Self::Own(own) => own.stop(),
            Self::Real(real) => real.kill(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let port = match self {
            Self::Own(own) => own.port(),
            Self::Real(real) => real.port(),
        };
        (Ipv4Addr::LOCALHOST, port).into()
    }

    pub(crate) fn token(&self) -> &str {
        match self {
            Self::Own(_) => OwnGateway::TOKEN,
            Self::Real(real) => real.secret(),
        }
    }

    pub(crate) fn model(&self) -> &ScriptedModel {
        match self {
            Self::Own(own) => own.model(),
            Self::Real(real) => real.model(),
        }
    }

    /// The first of its processes.
    pub(crate) fn process_id(&self) -> u32 {
        let id = match self {
            Self::Own(own) => own.process_id(),
            Self::Real(real) => real.process_id(),
        };
        id.expect("it was launched before")
    }
}
