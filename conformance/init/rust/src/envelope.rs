//! Envelopes: read from a request and judged by docs/spec/envelope.md, and written.

use crate::grammar::{any_text, is_json, is_media_type, rule_of, REQUIRED};
use crate::json_text::{parts_of, quote, unquote};
use std::collections::HashSet;

const MAX_BYTES: usize = 262_144;
const MAX_BATCH_BYTES: usize = 1_048_576;
const MAX_BATCH_ENVELOPES: usize = 1_000;
const MAX_ATTRIBUTES: usize = 64;
const MAX_ATTRIBUTE_LENGTH: usize = 4_096;
const MAX_DEPTH: usize = 64;

pub const STRUCTURED: &str = "application/cloudevents+json";
const BATCHED: &str = "application/cloudevents-batch+json";

/// An input that breaks a rule; each fault is a field and its code.
pub struct Refused {
    pub code: &'static str,
    pub faults: Vec<(String, &'static str)>,
}

impl Refused {
    fn plain(code: &'static str) -> Self {
        Refused {
            code,
            faults: Vec::new(),
        }
    }

    pub fn to_json(&self) -> String {
        let faults: Vec<String> = self
            .faults
            .iter()
            .map(|(field, code)| fault_to_json(field, code))
            .collect();
        format!(
            r#"{{"code":"{}","faults":[{}]}}"#,
            self.code,
            faults.join(",")
        )
    }
}

fn fault_to_json(field: &str, code: &str) -> String {
    let who = if field.is_empty() {
        "the envelope"
    } else {
        field
    };
    let reason = quote(&format!("{who} {}", reason_of(code)));
    format!(
        r#"{{"field":{},"code":"{code}","reason":{reason}}}"#,
        quote(field)
    )
}

fn reason_of(code: &str) -> &'static str {
    match code {
        "missing" => "is required",
        "empty" => "must not be empty",
        "wrong-type" => "is of a JSON type that it cannot have",
        "too-long" => "is longer than it may be",
        "too-many" => "has more attributes than it may have",
        "too-deep" => "is nested deeper than it may be",
        "name" => "is no name of an attribute: 1 to 64 lower-case letters and digits",
        "character" => "has a control character, a lone surrogate or a noncharacter",
        "unknown-value" => "is none of the values allowed",
        "out-of-range" => "is no integer of 32 bits",
        "conflict" => "stands beside data: they say one thing twice",
        "base64" => "is not base64, padded and without white space",
        _ => "does not follow the grammar of the attribute",
    }
}

/// The value of an attribute, or of what wants to be one.
pub enum Value {
    Text(Vec<u16>),
    Integer(i32),
    Boolean(bool),
    /// A number that is no integer of 32 bits.
    OtherNumber,
    /// An object or an array.
    Nested,
}

/// What was published. `data` is JSON, as the text that it came as.
#[derive(Default)]
pub struct Envelope {
    pub attributes: Vec<(String, Value)>,
    pub data: Option<String>,
    pub data_base64: Option<Value>,
}

impl Envelope {
    /// The envelope in structured mode.
    pub fn to_json(&self) -> String {
        let mut members: Vec<String> = self
            .attributes
            .iter()
            .map(|(name, value)| format!("{}:{}", quote(name), value.to_json()))
            .collect();
        members.extend(self.data.iter().map(|data| format!(r#""data":{data}"#)));
        members.extend(
            self.data_base64
                .iter()
                .map(|text| format!(r#""data_base64":{}"#, text.to_json())),
        );
        format!("{{{}}}", members.join(","))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, value)| value)
    }
}

impl Value {
    fn to_json(&self) -> String {
        match self {
            Value::Text(units) => quote(&String::from_utf16_lossy(units)),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(holds) => holds.to_string(),
            Value::OtherNumber | Value::Nested => unreachable!("it was refused"),
        }
    }

    fn of(text: &str) -> Value {
        match text.as_bytes()[0] {
            b'"' => Value::Text(unquote(text)),
            b'{' | b'[' => Value::Nested,
            b't' | b'f' => Value::Boolean(text == "true"),
            _ => match text.parse::<f64>() {
                Ok(number) if number == f64::from(number as i32) => Value::Integer(number as i32),
                _ => Value::OtherNumber,
            },
        }
    }
}

/// What a request publishes.
pub enum Content {
    Structured(Envelope),
    Batched(Vec<Result<Envelope, Refused>>),
}

/// Reads a request; the names of its headers have no case.
pub fn read_request(headers: &[(String, String)], body: &[u8]) -> Result<Content, Refused> {
    let content_type = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = content_type
        .map_or("", |(_, value)| value)
        .to_ascii_lowercase();
    let mut parameters = content_type.split(';').map(str::trim);
    let essence = parameters.next().unwrap_or("");
    let is_utf8 = parameters.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim() == "charset" => {
            value.trim().trim_matches('"') == "utf-8"
        }
        _ => true,
    });
    // Binary mode, with its header ce-specversion, belongs to the profile http: it would be read here.
    if ![STRUCTURED, BATCHED].contains(&essence) || !is_utf8 {
        return Err(Refused::plain("content-type-unsupported"));
    }
    if body.len()
        > if essence == STRUCTURED {
            MAX_BYTES
        } else {
            MAX_BATCH_BYTES
        }
    {
        return Err(Refused::plain("body-too-large"));
    }
    let text = std::str::from_utf8(body).map_err(|_| Refused::plain("envelope-malformed"))?;
    if essence == STRUCTURED {
        return read_envelope(text).map(Content::Structured);
    }
    match parts_of(text) {
        Ok((b'[', items)) if items.len() > MAX_BATCH_ENVELOPES => {
            Err(Refused::plain("batch-too-large"))
        }
        Ok((b'[', items)) => Ok(Content::Batched(
            items.iter().map(|item| read_envelope(item.text)).collect(),
        )),
        _ => Err(Refused::plain("envelope-malformed")),
    }
}

/// Reads structured mode; a refusal names every fault.
pub fn read_envelope(text: &str) -> Result<Envelope, Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::plain("body-too-large"));
    }
    let members = match parts_of(text) {
        Ok((b'{', members)) => members,
        _ => return Err(Refused::plain("envelope-malformed")),
    };
    if members
        .iter()
        .map(|member| &member.name)
        .collect::<HashSet<_>>()
        .len()
        < members.len()
    {
        return Err(Refused::plain("envelope-malformed"));
    }
    let mut envelope = Envelope::default();
    let mut faults = Vec::new();
    for member in members {
        let name = String::from_utf16_lossy(&member.name);
        if name == "data" {
            envelope.data = Some(member.text.to_owned());
            if member.depth > MAX_DEPTH {
                faults.push((name, "too-deep"));
            }
        } else if name != "data_base64" && !is_name(&name) {
            faults.push((name, "name"));
        } else if member.text != "null" {
            let value = Value::of(member.text);
            if name == "data_base64" {
                envelope.data_base64 = Some(value);
                continue;
            }
            faults.extend(
                attribute_faults(&name, &value)
                    .into_iter()
                    .map(|code| (name.clone(), code)),
            );
            envelope.attributes.push((name, value));
        }
    }
    for name in REQUIRED {
        if envelope.get(name).is_none() {
            faults.push((name.to_owned(), "missing"));
        }
    }
    if envelope.attributes.len() > MAX_ATTRIBUTES {
        faults.push((String::new(), "too-many"));
    }
    faults.extend(
        data_faults(&envelope)
            .into_iter()
            .map(|(field, code)| (field.to_owned(), code)),
    );
    if faults.is_empty() {
        Ok(envelope)
    } else {
        Err(Refused {
            code: "envelope-invalid",
            faults,
        })
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn attribute_faults(name: &str, value: &Value) -> Vec<&'static str> {
    let rule = rule_of(name);
    let units = match value {
        Value::Text(units) => units,
        Value::OtherNumber if rule.is_none() => return vec!["out-of-range"],
        Value::Integer(_) | Value::Boolean(_) if rule.is_none() => return Vec::new(),
        _ => return vec!["wrong-type"],
    };
    if units.is_empty() && rule.is_some() {
        return vec!["empty"];
    }
    let (longest, grammar) = rule.unwrap_or((MAX_ATTRIBUTE_LENGTH, any_text));
    let mut codes = Vec::new();
    if units.len() > longest {
        codes.push("too-long");
    }
    if has_forbidden(units) {
        codes.push("character");
    }
    codes.extend(grammar(&String::from_utf16_lossy(units)));
    codes
}

/// Control characters, lone surrogates and noncharacters.
fn has_forbidden(units: &[u16]) -> bool {
    char::decode_utf16(units.iter().copied()).any(|letter| match letter.map(u32::from) {
        Ok(0..=0x1f | 0x7f..=0x9f | 0xfdd0..=0xfdef) | Err(_) => true,
        Ok(letter) => letter & 0xfffe == 0xfffe,
    })
}

fn data_faults(envelope: &Envelope) -> Vec<(&'static str, &'static str)> {
    let mut faults = Vec::new();
    if envelope.data.is_some() && envelope.data_base64.is_some() {
        faults.push(("data_base64", "conflict"));
    }
    match &envelope.data_base64 {
        Some(Value::Text(units)) if !is_base64(units) => faults.push(("data_base64", "base64")),
        Some(Value::Text(_)) | None => {}
        Some(_) => faults.push(("data_base64", "wrong-type")),
    }
    let json = match envelope.get("datacontenttype") {
        None => true,
        Some(Value::Text(units)) => match String::from_utf16(units) {
            Ok(text) if is_media_type(&text) => is_json(&text),
            _ => return faults,
        },
        Some(_) => return faults,
    };
    if json && envelope.data_base64.is_some() {
        faults.push(("data_base64", "wrong-type"));
    }
    if !json
        && envelope
            .data
            .as_ref()
            .map_or(false, |data| data != "null" && !data.starts_with('"'))
    {
        faults.push(("data", "wrong-type"));
    }
    faults
}

fn is_base64(units: &[u16]) -> bool {
    let text = String::from_utf16_lossy(units);
    let letters = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(&text);
    text.len() % 4 == 0
        && letters
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}
