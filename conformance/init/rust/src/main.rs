//! Plugs this implementation into the conformance suite: one JSON object a line on standard input and output.
//!
//! docs/conformance/control.md says what each command means.

mod envelope;
mod grammar;
mod json_text;

use envelope::{read_envelope, read_request, Content, Envelope, Refused, STRUCTURED};
use json_text::{parts_of, quote, unquote};
use std::io::{stdin, stdout, BufRead, Write};

const HELLO: &str = r#"{"control":1,"name":"my-bus","version":"0.1.0","spec":"0.1","profiles":["core.envelope"],
"clock":"virtual","asks":["parse","write"],"can":[]}"#;

/// Why a command has no result.
enum No {
    Refused(Refused),
    /// A command, or a question, that this implementation does not know yet.
    Unsupported(String),
}

impl From<Refused> for No {
    fn from(refused: Refused) -> Self {
        No::Refused(refused)
    }
}

/// An object of the suite: the text of its members by their name.
struct Object(Vec<(String, String)>);

impl Object {
    fn read(text: &str) -> Object {
        let (_, members) = parts_of(text).expect("the suite sends JSON");
        Object(
            members
                .iter()
                .map(|one| (String::from_utf16_lossy(&one.name), one.text.to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, text)| text.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).map_or(String::new(), string)
    }
}

fn string(quoted: &str) -> String {
    String::from_utf16_lossy(&unquote(quoted))
}

fn main() {
    let mut now_ms = String::from("0");
    for line in stdin().lock().lines() {
        let command = Object::read(&line.expect("the suite sends UTF-8"));
        let outcome = match run(&command, &mut now_ms) {
            Ok(ok) => format!(r#""ok":{ok}"#),
            Err(No::Refused(refused)) => format!(r#""refused":{}"#, refused.to_json()),
            Err(No::Unsupported(what)) => format!(r#""unsupported":{}"#, quote(&what)),
        };
        let seq = command.get("seq").unwrap_or("0");
        // A line feed in JSON is white space; here it would end the line.
        let outcome = outcome.replace('\n', " ");
        // `events` is where deliveries and steps will be told.
        writeln!(
            stdout(),
            r#"{{"seq":{seq},{outcome},"nowMs":{now_ms},"events":[]}}"#
        )
        .expect("the suite listens");
        if command.text("do") == "stop" {
            break;
        }
    }
}

/// What is `ok`, as text: data stays the JSON that it came as.
fn run(command: &Object, now_ms: &mut String) -> Result<String, No> {
    let input = || Object::read(command.get("input").unwrap_or("{}"));
    match (command.text("do").as_str(), command.text("about").as_str()) {
        ("hello", _) => return Ok(HELLO.to_owned()),
        ("start", _) => *now_ms = command.get("nowMs").unwrap_or("0").to_owned(),
        ("advance", _) => *now_ms = command.get("toMs").unwrap_or("0").to_owned(),
        ("stop", _) => {}
        ("ask", "parse") => return parse(&input()),
        ("ask", "write") => return write(&input()),
        (what, about) => {
            return Err(No::Unsupported(format!(
                "{what} {about}: that is not there yet"
            )))
        }
    }
    Ok(String::from("{}"))
}

/// Reads a request.
fn parse(request: &Object) -> Result<String, No> {
    let headers = Object::read(request.get("headers").unwrap_or("{}"));
    let headers: Vec<(String, String)> = headers
        .0
        .iter()
        .map(|(name, value)| (name.clone(), string(value)))
        .collect();
    let body = match request.get("bodyBase64") {
        Some(quoted) => from_base64(&string(quoted)),
        None => request.text("body").into_bytes(),
    };
    Ok(match read_request(&headers, &body)? {
        Content::Structured(envelope) => result(&Ok(envelope)),
        Content::Batched(items) => {
            format!(
                r#"{{"batch":[{}]}}"#,
                items.iter().map(result).collect::<Vec<_>>().join(",")
            )
        }
    })
}

/// One item of a batch, which is judged alone.
fn result(item: &Result<Envelope, Refused>) -> String {
    match item {
        Ok(envelope) => format!(r#"{{"envelope":{}}}"#, envelope.to_json()),
        Err(refused) => format!(r#"{{"refused":{}}}"#, refused.to_json()),
    }
}

/// Writes an envelope as a request.
fn write(request: &Object) -> Result<String, No> {
    if request.text("mode") != "structured" {
        return Err(No::Unsupported(String::from(
            "binary mode is not there yet",
        )));
    }
    let body = read_envelope(request.get("envelope").unwrap_or("{}"))?.to_json();
    Ok(format!(
        r#"{{"headers":{{"content-type":"{STRUCTURED}"}},"body":{}}}"#,
        quote(&body)
    ))
}

fn from_base64(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for value in text
        .bytes()
        .filter_map(|byte| letters.iter().position(|letter| *letter == byte))
    {
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
