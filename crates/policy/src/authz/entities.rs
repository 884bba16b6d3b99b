//! What Cedar is told of a request: the one who acts, what is acted on, and where the call comes from. The shapes
//! are those of `schema.cedarschema`; a test holds them against it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{Context, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use super::right::{Resource, Right};
use super::role::{AgentRights, Person, Role};
use crate::effect::Zone;
use crate::rules::model::ZONES;

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Principal<'a> {
    Agent {
        id: &'a str,
        rights: &'a AgentRights,
    },
    Person(&'a Person),
}

/// Where a call comes from; empty where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Call<'a> {
    pub(crate) agent: &'a str,
    pub(crate) session: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) tool: &'a str,
}

/// A type of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Role,
    Agent,
    User,
    Workspace,
    Server,
    Tool,
    Path,
    Host,
    Credential,
    Session,
    Approval,
    Gateway,
    Action,
}

static TYPES: LazyLock<HashMap<Kind, EntityTypeName>> = LazyLock::new(|| {
    use Kind as K;
    [
        (K::Role, "Role"),
        (K::Agent, "Agent"),
        (K::User, "User"),
        (K::Workspace, "Workspace"),
        (K::Server, "Server"),
        (K::Tool, "Tool"),
        (K::Path, "Path"),
        (K::Host, "Host"),
        (K::Credential, "Credential"),
        (K::Session, "Session"),
        (K::Approval, "Approval"),
        (K::Gateway, "Gateway"),
        (K::Action, "Action"),
    ]
    .into_iter()
    .map(|(kind, name)| (kind, name.parse().expect("a plain name is a type's name")))
    .collect()
});

fn uid(kind: Kind, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(TYPES[&kind].clone(), EntityId::new(id))
}

pub(super) fn action(right: Right) -> EntityUid {
    uid(Kind::Action, right.as_str())
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn flag(value: bool) -> RestrictedExpression {
    RestrictedExpression::new_bool(value)
}

type Attributes<const N: usize> = [(&'static str, RestrictedExpression); N];

/// None where Cedar does not take it, which the caller takes for a denial.
fn entity<const N: usize>(
    uid: EntityUid,
    attributes: Attributes<N>,
    parents: HashSet<EntityUid>,
) -> Option<Entity> {
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Entity::new(uid, attributes.collect(), parents).ok()
}

/// All roles that come with one. They are given as parents at once, so that no role has to be an entity itself.
fn roles(role: Option<Role>) -> HashSet<EntityUid> {
    let chain = std::iter::successors(role, |role| role.includes());
    chain.map(|role| uid(Kind::Role, role.as_str())).collect()
}

impl Principal<'_> {
    pub(super) fn uid(&self) -> EntityUid {
        match self {
            Self::Agent { id, .. } => uid(Kind::Agent, id),
            Self::Person(person) => uid(Kind::User, &person.id),
        }
    }

    pub(super) fn entity(&self) -> Option<Entity> {
        match self {
            Self::Agent { rights, .. } => {
                let scopes = rights.scopes.iter().map(|scope| text(scope.as_str()));
                let scopes = RestrictedExpression::new_set(scopes);
                entity(self.uid(), [("scopes", scopes)], roles(Some(rights.role)))
            }
            Self::Person(person) => entity(self.uid(), [], roles(person.role)),
        }
    }

    pub(super) fn is_agent(&self) -> bool {
        matches!(self, Self::Agent { .. })
    }
}

impl Resource<'_> {
    pub(super) fn uid(&self) -> EntityUid {
        match self {
            Self::Tool {
                name, server: None, ..
            } => uid(Kind::Tool, name),
            // As names of such tools are written: `server__tool`.
            Self::Tool {
                name,
                server: Some(server),
                ..
            } => uid(Kind::Tool, &format!("{server}__{name}")),
            Self::Path { path, .. } => uid(Kind::Path, path),
            Self::Host { name } => uid(Kind::Host, name),
            Self::Credential { name, .. } => uid(Kind::Credential, name),
            Self::Session { key, .. } => uid(Kind::Session, key),
            Self::Approval { id, .. } => uid(Kind::Approval, id),
            Self::Gateway => uid(Kind::Gateway, "this"),
        }
    }

    pub(super) fn entity(&self) -> Option<Entity> {
        let none = HashSet::new();
        match self {
            Self::Tool {
                name,
                server,
                reads_only,
                runs,
            } => entity(
                self.uid(),
                [
                    ("name", text(name)),
                    ("server", text(server.unwrap_or_default())),
                    ("readsOnly", flag(*reads_only)),
                    ("runs", flag(*runs)),
                ],
                server
                    .iter()
                    .map(|server| uid(Kind::Server, server))
                    .collect(),
            ),
            Self::Path {
                path,
                zone,
                secret,
                below,
                workspace,
            } => entity(
                self.uid(),
                [
                    ("path", text(path)),
                    ("zone", text(zone_word(*zone))),
                    ("secret", flag(*secret)),
                    ("below", flag(*below)),
                ],
                workspace
                    .iter()
                    .map(|path| uid(Kind::Workspace, path))
                    .collect(),
            ),
            Self::Host { name } => entity(self.uid(), [("name", text(name))], none),
            Self::Credential { name, kind, bound } => entity(
                self.uid(),
                [
                    ("name", text(name)),
                    ("kind", text(kind)),
                    ("bound", flag(*bound)),
                ],
                none,
            ),
            Self::Session { agent, .. } => entity(self.uid(), [("agent", text(agent))], none),
            Self::Approval {
                agent,
                requested_by,
                ..
            } => approval(self.uid(), agent, *requested_by),
            Self::Gateway => entity(self.uid(), [], none),
        }
    }
}

fn approval(uid_of: EntityUid, agent: &str, requested_by: Option<&str>) -> Option<Entity> {
    let agent = ("agent", text(agent));
    let Some(person) = requested_by else {
        return entity(uid_of, [agent], HashSet::new());
    };
    let person = RestrictedExpression::new_entity_uid(uid(Kind::User, person));
    entity(uid_of, [agent, ("requestedBy", person)], HashSet::new())
}

impl Call<'_> {
    pub(super) fn context(&self) -> Option<Context> {
        let pairs = [
            ("agent", self.agent),
            ("session", self.session),
            ("channel", self.channel),
            ("tool", self.tool),
        ];
        Context::from_pairs(pairs.map(|(name, value)| (name.to_owned(), text(value)))).ok()
    }
}

fn zone_word(zone: Zone) -> &'static str {
    ZONES
        .iter()
        .find(|(_, known)| *known == zone)
        .map_or("unknown", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::super::load::schema;
    use super::*;
    use cedar_policy::{Entities, Request};

    #[test]
    fn what_cedar_is_told_conforms_to_the_schema() {
        let schema = schema();
        let rights = AgentRights::default();
        let person = Person {
            id: "phone".to_owned(),
            role: Some(Role::Admin),
        };
        let principals = [
            Principal::Agent {
                id: "main",
                rights: &rights,
            },
            Principal::Person(&person),
        ];
        let tool = |server| Resource::Tool {
            name: "t",
            server,
            reads_only: true,
            runs: false,
        };
        let path = |workspace| Resource::Path {
            path: "/w/a",
            zone: Zone::Workspace,
            secret: false,
            below: true,
            workspace,
        };
        let approval = |requested_by| Resource::Approval {
            id: "1",
            agent: "main",
            requested_by,
        };
        let credential = Resource::Credential {
            name: "c",
            kind: "api_key",
            bound: true,
        };
        let session = Resource::Session {
            key: "agent:main:main",
            agent: "main",
        };
        use Right as R;
        let cases: Vec<(Vec<Right>, Vec<Resource<'_>>)> = vec![
            (vec![R::ToolCall], vec![tool(None), tool(Some("files"))]),
            (
                vec![R::PathRead, R::PathWrite, R::PathDelete],
                vec![path(None), path(Some("/w"))],
            ),
            (
                vec![R::HostConnect],
                vec![Resource::Host { name: "a.test" }],
            ),
            (vec![R::CredentialUse], vec![credential]),
            (
                vec![R::SessionRead, R::SessionWrite, R::SessionCreate],
                vec![session],
            ),
            (
                vec![R::ApprovalRead, R::ApprovalDecide],
                vec![approval(None), approval(Some("phone"))],
            ),
            (
                vec![
                    R::GrantRead,
                    R::GrantRevoke,
                    R::PolicyRead,
                    R::PolicyChange,
                    R::AuditRead,
                    R::AuditExport,
                    R::CredentialList,
                    R::CredentialManage,
                ],
                vec![Resource::Gateway],
            ),
        ];
        let mut seen = HashSet::new();
        for (principal, (rights, resources)) in principals
            .iter()
            .flat_map(|principal| cases.iter().map(move |case| (principal, case)))
        {
            for (right, resource) in rights
                .iter()
                .flat_map(|right| resources.iter().map(move |resource| (right, resource)))
            {
                seen.insert(*right);
                let entities = [principal.entity().unwrap(), resource.entity().unwrap()];
                Entities::from_entities(entities, Some(&schema))
                    .unwrap_or_else(|error| panic!("{}: {error}", right.as_str()));
                let context = Call::default().context().unwrap();
                Request::new(
                    principal.uid(),
                    action(*right),
                    resource.uid(),
                    context,
                    Some(&schema),
                )
                .unwrap_or_else(|error| panic!("{}: {error}", right.as_str()));
            }
        }
        assert_eq!(seen.len(), Right::ALL.len(), "every right was tried");
    }
}
