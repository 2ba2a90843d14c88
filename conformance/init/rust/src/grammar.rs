//! The attributes that the envelope knows: how long each may be, and what its text must look like.
//!
//! From the table of docs/spec/envelope.md.

use std::net::Ipv6Addr;

/// The code of the fault, if the text is none of what is wanted.
type Grammar = fn(&str) -> Option<&'static str>;

pub const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];

/// The longest value of an attribute, in UTF-16 code units, and its grammar.
pub fn rule_of(name: &str) -> Option<(usize, Grammar)> {
    Some(match name {
        "specversion" => (4096, |text| unknown_unless(text == "1.0")),
        "id" => (256, any_text),
        "source" => (1024, |text| format_unless(is_uri_reference(text))),
        "type" => (256, |text| {
            format_unless(text.split('.').all(is_type_token))
        }),
        "time" | "expirytime" | "deliverat" => (64, |text| {
            format_unless(is_timestamp(text).unwrap_or(false))
        }),
        "datacontenttype" => (256, |text| format_unless(is_media_type(text))),
        "dataschema" => (1024, |text| {
            format_unless(scheme_of(text).is_some() && is_uri_reference(text))
        }),
        "priority" => (4096, |text| {
            unknown_unless(["LOW", "NORMAL", "HIGH", "CRITICAL"].contains(&text))
        }),
        "target" => (192, |text| {
            format_unless(is_address(text) || is_service(text))
        }),
        "replyto" => (192, |text| format_unless(is_address(text))),
        "traceparent" => (256, |text| format_unless(is_trace_parent(text))),
        "subject" | "correlationid" | "causationid" | "partitionkey" | "tracestate" => {
            (4096, any_text)
        }
        _ => return None,
    })
}

/// Whether data of this media type is carried as a JSON value.
pub fn is_json(media_type: &str) -> bool {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

pub fn is_media_type(text: &str) -> bool {
    let (kind, rest) = take(text, is_token);
    let (subtype, mut rest) = take(rest.strip_prefix('/').unwrap_or(""), is_token);
    if kind.is_empty() || subtype.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        rest = match after_space(rest).strip_prefix(';') {
            Some(parameter) => after_space(parameter),
            None => return false,
        };
        let (name, value) = take(rest, is_token);
        if name.is_empty() {
            continue;
        }
        rest = match value.strip_prefix('=').and_then(after_parameter_value) {
            Some(rest) => rest,
            None => return false,
        };
    }
    true
}

pub fn any_text(_: &str) -> Option<&'static str> {
    None
}

fn format_unless(holds: bool) -> Option<&'static str> {
    if holds {
        None
    } else {
        Some("format")
    }
}

fn unknown_unless(holds: bool) -> Option<&'static str> {
    if holds {
        None
    } else {
        Some("unknown-value")
    }
}

/// The longest beginning of such bytes, and the rest.
fn take(text: &str, fits: fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().take_while(|byte| fits(*byte)).count())
}

fn after_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn after_parameter_value(text: &str) -> Option<&str> {
    let quoted = match text.strip_prefix('"') {
        Some(quoted) => quoted,
        None => {
            let (value, rest) = take(text, is_token);
            return if value.is_empty() { None } else { Some(rest) };
        }
    };
    let mut escaped = false;
    for (at, letter) in quoted.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(&quoted[at + 1..]),
            _ => {}
        }
    }
    None
}

fn is_type_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"*>".contains(&byte))
}

fn is_service(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(fits)
}

fn is_address(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.split_once('@').map_or(false, |(service, instance)| {
        is_service(service) && (1..=128).contains(&instance.len()) && instance.bytes().all(fits)
    })
}

fn is_trace_parent(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(5, '-').collect();
    let lengths = [2, 32, 16, 2];
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    fields.len() >= 4
        && fields
            .iter()
            .zip(lengths)
            .all(|(field, length)| field.len() == length && field.bytes().all(is_hex))
        && fields[1..3]
            .iter()
            .all(|field| field.bytes().any(|byte| byte != b'0'))
        && fields[0] != "ff"
        && (fields[0] != "00" || fields.len() == 4)
}

/// `None` where it does not even have the digits of one.
fn is_timestamp(text: &str) -> Option<bool> {
    let (date_time, rest) = (text.get(..19)?, text.get(19..)?);
    let shape: String = date_time
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => match take(fraction, |byte| byte.is_ascii_digit()) {
            ("", _) => return None,
            (_, rest) => rest,
        },
        None => rest,
    };
    let offset: String = rest
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    if !shape.eq_ignore_ascii_case("0000-00-00T00:00:00")
        || !["Z", "z", "+00:00", "-00:00"].contains(&&*offset)
    {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<usize>().unwrap_or(0);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].get(month.checked_sub(1)?)?
        + usize::from(leap);
    let in_day = |hour: usize, minute: usize| hour <= 23 && minute <= 59;
    let offset_fits =
        offset.len() == 1 || in_day(rest[1..3].parse().ok()?, rest[4..6].parse().ok()?);
    // Second 60 is a leap second: which there were is not ours to say.
    let time_fits = in_day(number(11, 13), number(14, 16)) && number(17, 19) <= 60;
    Some((1..=days).contains(&day) && time_fits && offset_fits)
}

fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let first = scheme.bytes().next()?;
    if first.is_ascii_alphabetic() && scheme.bytes().all(fits) {
        Some(scheme)
    } else {
        None
    }
}

fn is_uri_reference(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let scheme = scheme_of(text);
    let rest = scheme.map_or(text, |scheme| &text[scheme.len() + 1..]);
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let starts_with_colon_segment =
        scheme.is_none() && path.split('/').next().unwrap_or("").contains(':');
    is_authority(authority)
        && !starts_with_colon_segment
        && are_uri_letters(path, b":@/")
        && are_uri_letters(query, b":@/?")
        && are_uri_letters(fragment, b":@/?")
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.split_once('@').unwrap_or(("", text));
    let (host_fits, port) = match host.strip_prefix('[') {
        Some(literal) => match literal.split_once(']') {
            Some((literal, port)) => (is_ip_literal(literal), port),
            None => return false,
        },
        None => {
            let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
            (are_uri_letters(name, b""), port)
        }
    };
    let port_fits = port.is_empty()
        || port.starts_with(':') && port[1..].bytes().all(|byte| byte.is_ascii_digit());
    are_uri_letters(user, b":") && host_fits && port_fits
}

fn is_ip_literal(text: &str) -> bool {
    let future = text
        .strip_prefix(['v', 'V'])
        .and_then(|rest| rest.split_once('.'));
    let is_future = |(version, address): (&str, &str)| {
        let version_fits =
            !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        version_fits
            && !address.is_empty()
            && !address.contains('%')
            && are_uri_letters(address, b":")
    };
    text.parse::<Ipv6Addr>().is_ok() || future.map_or(false, is_future)
}

/// Letters that a URI may have anywhere, those beside them, and bytes in percent-encoding.
fn are_uri_letters(text: &str, more: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => (0..2).all(|_| {
                bytes
                    .next()
                    .map_or(false, |digit| digit.is_ascii_hexdigit())
            }),
            _ => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&byte)
                    || more.contains(&byte)
            }
        };
        if !fits {
            return false;
        }
    }
    true
}
