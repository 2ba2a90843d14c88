//! A strict reader of JSON that leaves the parts of a value as the text they came as.
//!
//! So numbers keep all their digits, members their order, and names that stand twice can be seen. It keeps its own
//! stack: no nesting, however deep, can exhaust that of the thread.

/// The text is no JSON.
#[derive(Debug)]
pub struct NotJson;

/// What an object or an array holds. The depth of a scalar is 0, that of `{}` is 1; in an array the name is empty.
pub struct Part<'a> {
    pub name: Vec<u16>,
    pub text: &'a str,
    pub depth: usize,
}

/// Kinds of token beside the marks `{ } [ ] , :` themselves.
const START: u8 = b'^';
pub const STRING: u8 = b'"';
const SCALAR: u8 = b'0';
const NAME: u8 = b'n';
const VALUE: u8 = b'v';

/// Which tokens may come after what, within what.
fn may_follow(before: u8, inside: u8) -> &'static [u8] {
    match (before, inside) {
        (START, _) | (b':', _) | (b',', b'[') => b"\"0{[",
        (b'[', _) => b"\"0{[]",
        (b'{', _) => b"\"}",
        (NAME, _) => b":",
        (b',', b'{') => b"\"",
        (VALUE, b'{') => b",}",
        (VALUE, b'[') => b",]",
        _ => b"",
    }
}

/// The kind of a value, `{`, `[`, `"` or `0`, and what an object or an array holds.
pub fn parts_of(text: &str) -> Result<(u8, Vec<Part<'_>>), NotJson> {
    let bytes = text.as_bytes();
    let (mut found, mut opened) = (Vec::new(), Vec::new());
    let (mut root, mut before, mut name) = (0, START, Vec::new());
    let (mut at, mut began, mut depth) = (0, 0, 0);
    while before != VALUE || !opened.is_empty() {
        let inside = opened.last().copied().unwrap_or(START);
        let start = skip_space(bytes, at);
        let end = token_end(bytes, start).ok_or(NotJson)?;
        let kind = if b"{}[],:\"".contains(&bytes[start]) {
            bytes[start]
        } else {
            SCALAR
        };
        if !may_follow(before, inside).contains(&kind) {
            return Err(NotJson);
        }
        root = if root == 0 { kind } else { root };
        at = end;
        if kind == STRING && inside == b'{' && before != b':' {
            before = NAME;
            if opened.len() == 1 {
                name = unquote(&text[start..end]);
            }
            continue;
        }
        if opened.len() == 1 && b"\"0{[".contains(&kind) {
            (began, depth) = (start, 0);
        }
        before = kind;
        match kind {
            b'{' | b'[' => {
                opened.push(kind);
                depth = depth.max(opened.len() - 1);
                continue;
            }
            b'}' | b']' => drop(opened.pop()),
            b',' | b':' => continue,
            _ => {}
        }
        before = VALUE;
        if opened.len() == 1 {
            found.push(Part {
                name: name.clone(),
                text: &text[began..end],
                depth,
            });
        }
    }
    if skip_space(bytes, at) == bytes.len() {
        Ok((root, found))
    } else {
        Err(NotJson)
    }
}

/// The text of a string in UTF-16: lone surrogates can be written in JSON, and seen here.
pub fn unquote(quoted: &str) -> Vec<u16> {
    let mut units = Vec::new();
    let mut rest = quoted[1..quoted.len() - 1].chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
            continue;
        }
        units.push(match rest.next() {
            Some('u') => {
                let digits = &rest.as_str()[..4];
                rest = rest.as_str()[4..].chars();
                u16::from_str_radix(digits, 16).unwrap_or(0)
            }
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            other => other.map_or(0, |letter| letter as u16),
        });
    }
    units
}

/// The text as a string of JSON.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

fn token_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => Some(start + 1),
        b'"' => string_end(bytes, start + 1),
        _ => [&b"true"[..], b"false", b"null"]
            .iter()
            .find(|literal| bytes[start..].starts_with(literal))
            .map(|literal| start + literal.len())
            .or_else(|| number_end(bytes, start)),
    }
}

fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            0..=0x1f => return None,
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
                _ => return None,
            },
            _ => at += 1,
        }
    }
}

fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let whole = start + usize::from(bytes[start] == b'-');
    let mut at = digits_end(bytes, whole)?;
    if bytes[whole] == b'0' && at > whole + 1 {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(bytes, at)?;
    }
    Some(at)
}

/// Where the digits end; `None` if there is none.
fn digits_end(bytes: &[u8], start: usize) -> Option<usize> {
    let count = bytes
        .get(start..)?
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 {
        None
    } else {
        Some(start + count)
    }
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..]
        .iter()
        .take_while(|byte| b" \t\n\r".contains(byte))
        .count()
}
