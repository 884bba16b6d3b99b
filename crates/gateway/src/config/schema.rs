//! The configuration's shape as JSON Schema and as hints, for clients that show a form.

use serde_json::{Map, Value, json};

use super::shape::{Field, Reload, Shape};

/// The JSON Schema of a shape.
pub(crate) fn json_schema(shape: &Shape) -> Value {
    match shape {
        Shape::Object(fields) => {
            let properties: Map<String, Value> = fields
                .iter()
                .map(|field| (field.name.to_owned(), described(field)))
                .collect();
            let needed = fields.iter().filter(|field| field.needed);
            let needed: Vec<&str> = needed.map(|field| field.name).collect();
            let mut schema =
                json!({"type": "object", "properties": properties, "additionalProperties": false});
            if !needed.is_empty() {
                schema["required"] = json!(needed);
            }
            schema
        }
        Shape::Open(fields) => {
            let described = fields
                .iter()
                .map(|field| (field.name.to_owned(), described(field)));
            let properties: Map<String, Value> = described.collect();
            json!({"type": "object", "properties": properties})
        }
        Shape::Map(inner) => json!({"type": "object", "additionalProperties": json_schema(inner)}),
        Shape::List(inner) => json!({"type": "array", "items": json_schema(inner)}),
        Shape::Text
        | Shape::Secret
        | Shape::Network
        | Shape::Word(_)
        | Shape::ChoiceOrAddress(_) => json!({"type": "string"}),
        Shape::Choice(names) => json!({"type": "string", "enum": names}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole(low, u64::MAX) => json!({"type": "integer", "minimum": low}),
        Shape::Whole(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Shape::Number => json!({"type": "number"}),
        Shape::Amount => json!({"type": "number", "minimum": 0}),
        Shape::Either(a, b) => json!({"anyOf": [json_schema(a), json_schema(b)]}),
        Shape::Foreign => json!({}),
    }
}

fn described(field: &Field) -> Value {
    let mut schema = json_schema(&field.shape);
    schema["description"] = json!(field.about);
    schema
}

/// One hint for each dotted path.
pub(crate) fn hints(shape: &Shape) -> Map<String, Value> {
    let mut found = Map::new();
    collect(shape, "", &mut found);
    found
}

fn collect(shape: &Shape, path: &str, found: &mut Map<String, Value>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match shape {
        Shape::Object(fields) | Shape::Open(fields) => {
            for field in *fields {
                let path = below(field.name);
                found.insert(path.clone(), hint(field));
                collect(&field.shape, &path, found);
            }
        }
        Shape::Map(inner) => collect(inner, &below("*"), found),
        Shape::List(inner) => collect(inner, &below("[]"), found),
        Shape::Either(a, b) => {
            collect(a, path, found);
            collect(b, path, found);
        }
        _ => {}
    }
}

fn hint(field: &Field) -> Value {
    let mut hint = json!({"help": field.about});
    if is_secret(&field.shape) {
        hint["sensitive"] = json!(true);
    }
    hint
}

fn is_secret(shape: &Shape) -> bool {
    match shape {
        Shape::Secret => true,
        Shape::Either(a, b) => is_secret(a) || is_secret(b),
        _ => false,
    }
}

/// What `config.schema.lookup` answers about one path; none when there is no such name.
pub(crate) fn lookup(root: &'static Shape, path: &str) -> Option<Value> {
    let mut shape: &Shape = root;
    let mut field: Option<&'static Field> = None;
    let mut reload = Reload::Hot;
    let segments = segments(path);
    for name in &segments {
        let (inner, own) = shape.child(name)?;
        shape = inner;
        if let Some(own) = own {
            reload = own.reload;
            field = Some(own);
        }
    }
    let shown = if segments.is_empty() {
        ".".to_owned()
    } else {
        segments.join(".")
    };
    let mut schema = json_schema(shape);
    if let Value::Object(schema) = &mut schema {
        schema.remove("properties");
    }
    let mut answer = json!({
        "path": shown, "schema": schema, "reloadKind": reload.as_str(),
        "children": children(shape, &segments),
    });
    if let Some(field) = field {
        answer["hint"] = hint(field);
        answer["hintPath"] = json!(shown);
    }
    Some(answer)
}

/// Dots, slashes and brackets all separate names.
fn segments(path: &str) -> Vec<String> {
    let parts = path.split(['.', '/', '[', ']']);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn children(shape: &Shape, above: &[String]) -> Vec<Value> {
    let (Shape::Object(fields) | Shape::Open(fields)) = shape else {
        return Vec::new();
    };
    let prefix = above.join(".");
    let below = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        }
    };
    let child = |field: &Field| {
        let schema = json_schema(&field.shape);
        let has_children = matches!(
            field.shape,
            Shape::Object(_) | Shape::Open(_) | Shape::Map(_) | Shape::List(_)
        );
        let mut child = json!({
            "key": field.name, "path": below(field.name), "required": field.needed,
            "hasChildren": has_children, "reloadKind": field.reload.as_str(),
            "hint": hint(field), "hintPath": below(field.name),
        });
        if let Some(kind) = schema.get("type") {
            child["type"] = kind.clone();
        }
        child
    };
    fields.iter().map(child).collect()
}
