//! The six cells as a page of HTML that stands by itself.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::prove::cells::{Cell, Mechanism, Side, SixCells};
use crate::prove::inbound::table::InboundTable;
use crate::prove::outbound::Outbound;
use crate::report::cells::summary;
use crate::words::Words;

#[derive(Serialize)]
struct Page<'a> {
    domain: &'a str,
    when: &'a str,
    summary: String,
    rows: Vec<Line<'a>>,
    outbound: Option<&'a Outbound>,
    inbound: Option<&'a InboundTable>,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'static str,
    question: &'static str,
    sending: Option<Shown<'a>>,
    receiving: Option<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    sign: &'static str,
    word: &'static str,
    good: bool,
    detail: &'a str,
    causes: &'a [String],
}

/// The page of `table`; `when` is the moment for people. Everything that comes from outside is escaped.
///
/// # Errors
/// A configuration error when the template is broken: a fault of the program, found by its tests.
pub fn page(
    table: &SixCells,
    outbound: Option<&Outbound>,
    inbound: Option<&InboundTable>,
    when: &str,
) -> Result<String> {
    let broken = |e: minijinja::Error| Error::config("the page cannot be rendered").because(e);
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.add_template("cells.html", include_str!("../../templates/report/cells.html")).map_err(broken)?;
    let rows = Mechanism::ALL
        .iter()
        .map(|m| Line {
            name: m.name(),
            question: m.question(),
            sending: table.get(*m, Side::Sending).map(shown),
            receiving: table.get(*m, Side::Receiving).map(shown),
        })
        .collect();
    let page = Page { domain: &table.domain, when, summary: summary(table, Words::default()), rows, outbound, inbound };
    engine.get_template("cells.html").and_then(|t| t.render(Serde(&page))).map_err(broken)
}

fn shown(cell: &Cell) -> Shown<'_> {
    Shown {
        sign: cell.standing.sign(),
        word: cell.standing.word(),
        good: cell.standing.is_good(),
        detail: &cell.detail,
        causes: &cell.causes,
    }
}
