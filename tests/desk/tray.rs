//! A tray host, as a panel is one: it takes the app's icon in, reads its menu, and clicks entries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zbus::zvariant::{OwnedValue, Structure, Value};

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// Where the app said that its icon is: its unique name, and the object's path.
type Registered = Arc<Mutex<Option<(String, String)>>>;

struct Watcher {
    registered: Registered,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(
        &self,
        path: String,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) {
        let sender = header.sender().unwrap().to_string();
        *self.registered.lock().unwrap() = Some((sender, path));
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// One entry of a menu.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: i32,
    pub(crate) label: String,
    pub(crate) children: Vec<Entry>,
}

impl Entry {
    /// All entries below this one.
    pub(crate) fn all(&self) -> Vec<&Entry> {
        let below = self.children.iter().flat_map(|child| child.all());
        std::iter::once(self).chain(below).collect()
    }
}

/// The panel.
pub(crate) struct TrayHost {
    bus: zbus::Connection,
    registered: Registered,
}

impl TrayHost {
    pub(crate) async fn start(address: &str) -> Self {
        let registered = Registered::default();
        let watcher = Watcher {
            registered: registered.clone(),
        };
        let builder = zbus::connection::Builder::address(address).unwrap();
        let builder = builder.name("org.kde.StatusNotifierWatcher").unwrap();
        let builder = builder.serve_at("/StatusNotifierWatcher", watcher).unwrap();
        Self {
            bus: builder.build().await.unwrap(),
            registered,
        }
    }

    /// Waits until the menu has an entry with this label, and gives the menu.
    pub(crate) async fn menu_with(&self, label: &str, limit: Duration) -> Entry {
        let begun = Instant::now();
        loop {
            let menu = self.menu().await;
            if menu
                .iter()
                .flat_map(Entry::all)
                .any(|entry| entry.label == label)
            {
                return menu.unwrap();
            }
            assert!(
                begun.elapsed() < limit,
                "the tray has no {label:?}: {menu:#?}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks an entry.
    pub(crate) async fn click(&self, id: i32) {
        let (app, path) = self.menu_path().await.unwrap();
        let event = (id, "clicked", Value::I32(0), 0_u32);
        self.bus
            .call_method(Some(app), path, Some(MENU), "Event", &event)
            .await
            .unwrap();
    }

    async fn menu(&self) -> Option<Entry> {
        let (app, path) = self.menu_path().await?;
        let all = (0_i32, -1_i32, Vec::<String>::new());
        let reply = self
            .bus
            .call_method(Some(app), path, Some(MENU), "GetLayout", &all)
            .await;
        let body = reply.ok()?.body();
        type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));
        let (_revision, (id, _, children)): Layout = body.deserialize().unwrap();
        let children = children.iter().map(|child| entry(child)).collect();
        Some(Entry {
            id,
            label: String::new(),
            children,
        })
    }

    async fn menu_path(&self) -> Option<(String, zbus::zvariant::OwnedObjectPath)> {
        let (app, path) = self.registered.lock().unwrap().clone()?;
        let properties = zbus::Proxy::new(&self.bus, app.clone(), path, ITEM)
            .await
            .ok()?;
        Some((app, properties.get_property("Menu").await.ok()?))
    }
}

fn entry(value: &Value<'_>) -> Entry {
    let inner = match value {
        Value::Value(inner) => inner.as_ref(),
        other => other,
    };
    let structure = Structure::try_from(inner.try_clone().unwrap()).unwrap();
    let [id, properties, children] = structure.fields() else {
        panic!("{structure:?}")
    };
    let properties: HashMap<String, Value<'_>> =
        properties.try_clone().unwrap().try_into().unwrap();
    let label = match properties.get("label") {
        Some(Value::Str(label)) => label.replace("__", "_"),
        _ => String::new(),
    };
    let Value::Array(children) = children else {
        panic!("{children:?}")
    };
    let children = children.inner().iter().map(entry).collect();
    Entry {
        id: i32::try_from(id).unwrap(),
        label,
        children,
    }
}
