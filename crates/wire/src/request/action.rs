//! From parameters to an action.

use hashbrown::HashSet;
use panelgate_domain::action::{Action, Add, AskedId, Ids, MAX_IDS};
use panelgate_domain::fault::Refusal;
use panelgate_domain::field::Field;
use panelgate_domain::spec::Fields;

use super::Raw;
use super::params::Params;
use crate::names;

/// Reads the action and what it needs.
pub(super) fn read(params: &Params, raw: &Raw<'_>) -> Result<Action, Refusal> {
    let word = params.last(&[names::ACTION]).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "services" => Ok(Action::Services),
        "balance" => Ok(Action::Balance),
        // Links are followed by crawlers and previews; none of them may buy, cancel or refill.
        "add" | "cancel" | "refill" if raw.get && !raw.get_add => Err(Refusal::IncorrectRequest),
        "add" => read_add(params, raw.idempotency_key).map(Action::Add),
        "status" => read_orders(params, names::ORDER_ALIASES).map(Action::Status),
        "cancel" => read_orders(params, names::ORDER_ALIASES).map(Action::Cancel),
        "refill" => read_orders(params, names::REFILLED_ORDER_ALIASES).map(Action::Refill),
        "refill_status" => read_refills(params).map(Action::RefillStatus),
        _ => Err(Refusal::IncorrectRequest),
    }
}

fn read_add(params: &Params, header: Option<&str>) -> Result<Add, Refusal> {
    let header = header.map(str::trim).filter(|key| !key.is_empty());
    let idempotency_key = params.last(&[names::IDEMPOTENCY_KEY]).or(header);
    // Cutting it would make two orders one.
    if idempotency_key.is_some_and(|key| key.len() > LONGEST_IDEMPOTENCY_KEY) {
        return Err(Refusal::IncorrectRequest);
    }
    Ok(Add {
        service: params.last(&[names::SERVICE]).map(ToOwned::to_owned),
        fields: read_fields(params),
        idempotency_key: idempotency_key.map(ToOwned::to_owned),
    })
}

fn read_fields(params: &Params) -> Fields {
    let mut fields = Fields::new();
    for field in Field::ALL {
        let values = params.all(names::aliases(field));
        let text = if field.is_list() {
            values.join("\n")
        } else {
            values.last().copied().unwrap_or_default().to_owned()
        };
        let absent = text.is_empty() || is_number(field) && means_absent(&text);
        if !absent {
            fields.insert(field, text);
        }
    }
    fields
}

/// Clients send every parameter always; what they have no number for arrives as the name of nothing in their language.
fn means_absent(text: &str) -> bool {
    ["none", "null", "undefined", "false"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

const fn is_number(field: Field) -> bool {
    use Field::{Delay, Interval, Max, Min, OldPosts, Posts, Quantity, Runs};
    matches!(
        field,
        Quantity | Runs | Interval | Min | Max | Posts | OldPosts | Delay
    )
}

fn read_orders(params: &Params, one: &[&str]) -> Result<Ids, Refusal> {
    read_ids(params, one, names::ORDERS)?.ok_or(Refusal::IncorrectOrderId)
}

fn read_refills(params: &Params) -> Result<Ids, Refusal> {
    read_ids(params, names::REFILL_ALIASES, names::REFILLS)?.ok_or(Refusal::RefillNotFound)
}

/// Several ids if the plural is there, else one.
fn read_ids(params: &Params, one: &[&str], many: &str) -> Result<Option<Ids>, Refusal> {
    let lists = params.all(&[many]);
    let ids = distinct(lists.iter().flat_map(|list| list.split(',')))?;
    if !ids.is_empty() {
        return Ok(Some(Ids::Many(ids)));
    }
    Ok(params.last(one).map(|text| Ids::One(read_id(text))))
}

/// Each id once, in the order asked.
fn distinct<'p>(texts: impl Iterator<Item = &'p str>) -> Result<Vec<AskedId>, Refusal> {
    let mut ids = Vec::with_capacity(MAX_IDS);
    // Most lists ascend: as long as they do, no id has to be looked for.
    let (mut largest, mut seen) = (0, None::<HashSet<AskedId>>);
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        let id = read_id(text);
        let is_new = match (&mut seen, id.number()) {
            (None, Some(number)) if number > largest => {
                largest = number;
                true
            }
            (seen, _) => seen
                .get_or_insert_with(|| ids.iter().cloned().collect())
                .insert(id.clone()),
        };
        if is_new && ids.len() == MAX_IDS {
            return Err(Refusal::TooManyIds(MAX_IDS));
        }
        if is_new {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// No id is longer than 64 characters, and what is echoed should not be either.
fn read_id(text: &str) -> AskedId {
    if text.len() <= LONGEST_ID {
        return AskedId::read(text);
    }
    match text.char_indices().nth(LONGEST_ID) {
        Some((end, _)) => AskedId::Text(text[..end].to_owned()),
        None => AskedId::read(text),
    }
}

const LONGEST_IDEMPOTENCY_KEY: usize = 255;
const LONGEST_ID: usize = 64;
