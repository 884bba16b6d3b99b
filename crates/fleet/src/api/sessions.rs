//! Sessions: list, search, create, change, delete.

use gatehouse_protocol::{ProtocolVersion, methods as m};

use crate::ask::Asker;
use crate::error::FleetError;
use crate::exec_mode;
use crate::fleet::Fleet;
use crate::untrusted::{Policy, escape};
use crate::view::{GatewayId, NewSession, PatchSession, SearchHit, SessionRef, SessionsSnapshot};

/// Hits of one search.
const HITS: u32 = 100;

impl Fleet {
    pub async fn sessions_snapshot(&self) -> SessionsSnapshot {
        let none = SessionsSnapshot {
            revision: 0,
            sessions: Vec::new(),
            loading: Vec::new(),
        };
        self.call(|core| core.sessions.snapshot())
            .await
            .unwrap_or(none)
    }

    /// Lists a gateway's sessions again.
    pub async fn sessions_refresh(&self, gateway: GatewayId) -> Result<(), FleetError> {
        self.call(move |core| {
            core.asker(&gateway).ok_or(FleetError::NotConnected)?;
            core.sessions_up(&gateway);
            Ok(())
        })
        .await?
    }

    /// Sessions by title, then messages of the cached transcripts. An empty text finds nothing.
    pub async fn sessions_search(&self, text: String) -> Result<Vec<SearchHit>, FleetError> {
        let wanted = text.trim().to_lowercase();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let messages = self.shared.cache.messages_search(&text, HITS).await?;
        self.call(move |core| {
            let named = core.sessions.snapshot().sessions.into_iter();
            let named = named
                .filter(|s| s.title.to_lowercase().contains(&wanted))
                .map(|s| SearchHit {
                    excerpt: s.preview.unwrap_or_default(),
                    title: s.title,
                    message: String::new(),
                    at: s.updated_at,
                    session: s.session,
                });
            let mut hits: Vec<SearchHit> = named.take(HITS as usize).collect();
            for hit in messages {
                let gateway = GatewayId(hit.session.gateway);
                let session = SessionRef {
                    gateway,
                    key: hit.session.session,
                };
                let title = core.sessions.view(&session).map(|view| view.title);
                hits.push(SearchHit {
                    title: title.unwrap_or_else(|| session.key.clone()),
                    session,
                    message: hit.message,
                    excerpt: escape(&hit.excerpt, Policy::Prose).text,
                    at: hit.at.map(crate::inbox::millis),
                });
            }
            hits
        })
        .await
    }

    pub async fn session_create(&self, session: NewSession) -> Result<SessionRef, FleetError> {
        let NewSession {
            gateway,
            agent,
            label,
        } = session;
        let asker = self.asker(&gateway).await?;
        let params = m::SessionsCreateParams {
            agent_id: agent,
            label,
            ..Default::default()
        };
        let created = asker
            .connection
            .request::<m::SessionsCreate>(params)
            .await?;
        let asked = gateway.clone();
        self.call(move |core| core.sessions_up(&asked)).await?;
        Ok(SessionRef {
            gateway,
            key: created.key,
        })
    }

    /// Changes what is given and leaves the rest. An empty label takes the label away.
    pub async fn session_patch(&self, patch: PatchSession) -> Result<(), FleetError> {
        let asker = self.asker(&patch.session.gateway).await?;
        let label = match patch.label {
            None => m::Change::Leave,
            Some(label) if label.trim().is_empty() => m::Change::Clear,
            Some(label) => m::Change::Set(label),
        };
        let mut params = m::SessionsPatchParams {
            key: patch.session.key,
            label,
            pinned: patch.pinned,
            archived: patch.archived,
            ..Default::default()
        };
        let gateway = patch.session.gateway;
        if let Some(mode) = patch.exec_mode {
            exec_mode::put(mode, self.is_governed(&gateway).await?, &mut params);
        }
        asker.connection.request::<m::SessionsPatch>(params).await?;
        self.call(move |core| core.sessions_up(&gateway)).await
    }

    /// Tells a gateway that a session was read, so that other clients show it so. The event that it sends then is
    /// how it comes back; one of protocol 3 keeps no such mark.
    pub async fn session_read(&self, session: SessionRef) -> Result<(), FleetError> {
        let asker = self.asker(&session.gateway).await?;
        if asker.hello.protocol < ProtocolVersion::V4 {
            return Ok(());
        }
        let params = m::SessionsPatchParams {
            key: session.key,
            unread: Some(false),
            ..Default::default()
        };
        asker.connection.request::<m::SessionsPatch>(params).await?;
        Ok(())
    }

    async fn is_governed(&self, gateway: &GatewayId) -> Result<bool, FleetError> {
        let gateway = gateway.clone();
        self.call(move |core| core.is_governed(&gateway)).await
    }

    /// Deletes a session with its transcript.
    pub async fn session_delete(&self, session: SessionRef) -> Result<(), FleetError> {
        let asker = self.asker(&session.gateway).await?;
        let params = m::SessionsDeleteParams {
            key: session.key.clone(),
            delete_transcript: Some(true),
            ..Default::default()
        };
        asker
            .connection
            .request::<m::SessionsDelete>(params)
            .await?;
        self.call(move |core| {
            core.close_chat(&session);
            core.unsent.remove(&session);
            core.sessions_up(&session.gateway);
        })
        .await
    }

    /// Someone to ask at a gateway.
    pub(crate) async fn asker(&self, gateway: &GatewayId) -> Result<Asker, FleetError> {
        let gateway = gateway.clone();
        self.call(move |core| {
            if !core.gateways.contains_key(&gateway) {
                return Err(FleetError::NoSuchGateway);
            }
            core.asker(&gateway).ok_or(FleetError::NotConnected)
        })
        .await?
    }
}
