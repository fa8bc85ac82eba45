//! The types and errors in `docs/customers-api.md`, from the code that means them.

use std::fmt::Write as _;

use panelgate_domain::fault::Refusal;
use panelgate_domain::service_type::{Need, ServiceType};
use panelgate_wire::{name_of, refusal};

use super::check_part;

#[test]
fn the_types_are_those_of_the_code() {
    let mut text = String::from("| type | parameters |\n| --- | --- |\n");
    for kind in ServiceType::ALL {
        let fields = kind.fields().iter().map(|(field, need)| {
            let name = name_of(*field);
            match need {
                Need::Required => format!("`{name}`"),
                Need::Optional | Need::IfEquals(..) => format!("[`{name}`]"),
            }
        });
        let fields: Vec<String> = fields.collect();
        _ = writeln!(text, "| {kind} | {} |", fields.join(", "));
    }
    check_part("customers-api.md", "types", &text);
}

#[test]
fn the_errors_are_those_of_the_code() {
    let texts = Refusal::EXAMPLES.map(|refused| format!("- `{}`\n", refusal::text(refused)));
    check_part("customers-api.md", "errors", &texts.concat());
}
