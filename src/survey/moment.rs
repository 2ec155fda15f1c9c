//! When a message came.

use mail_parser::MessageParser;

use crate::model::message::Message;

/// Seconds since 1970: from the uppermost Received field, which our own server wrote; from Date where there is none.
pub fn received_at(message: &Message<'_>) -> Option<i64> {
    let trace =
        message.named("Received").next().and_then(|f| f.text().rsplit_once(';').map(|(_, date)| date.to_string()));
    trace.and_then(|text| date(&text)).or_else(|| message.named("Date").next().and_then(|f| date(&f.text())))
}

/// A date of RFC 5322.
fn date(text: &str) -> Option<i64> {
    let header = format!("Date: {}\r\n\r\n", text.trim().get(..100.min(text.trim().len()))?);
    let seconds = MessageParser::new().parse_headers(header.as_bytes())?.date()?.to_timestamp();
    // Mail is no older than the form it is in (1982); years to come are a sender's fancy.
    (378_691_200..4_102_444_800).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let rows = [
            (
                "Received: from a by b; Fri, 15 Jan 2027 08:00:00 +0000\r\nDate: Fri, 1 Jan 2027 00:00:00 +0000\r\n",
                Some(1_800_000_000),
            ),
            ("Date: Fri, 15 Jan 2027 17:00:00 +0900\r\n", Some(1_800_000_000)),
            ("Received: by b\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000 (UTC)\r\n", Some(1_800_000_000)),
            ("Date: yesterday\r\n", None),
            ("Date: Fri, 15 Jan 3027 08:00:00 +0000\r\n", None),
            ("", None),
        ];
        for (header, want) in rows {
            assert_eq!(received_at(&Message::read(format!("{header}\r\n").as_bytes())), want, "{header}");
        }
    }
}
