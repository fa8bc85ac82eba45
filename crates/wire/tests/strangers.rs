//! Bytes from strangers: nothing panics, and nothing is made up.

use panelgate_domain::action::{Action, MAX_IDS};
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::AddOutcome;
use panelgate_wire::answer::{self, Http};
use panelgate_wire::refusal::Classifier;
use panelgate_wire::request::{Raw, read};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of requests and answers in any order: more of them are nearly right than of random bytes.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b" ",
        b"\n",
        b"\r\n",
        b"&",
        b"=",
        b"?",
        b"--b\r\n",
        b"--b--\r\n",
        b"Content-Disposition: form-data; name=\"orders[]\"\r\n\r\n",
        b"key=k",
        b"action=status",
        b"action=add",
        b"orders[]=1",
        b"orders=1,2,x",
        b"link=https://x/?a=1",
        b"\"action\":\"status\"",
        b"\"orders\":[1,\"2\"]",
        b"\"order\":7",
        b"\"order\"",
        b"\"error\":\"Bad link\"",
        b"\"error\":{}",
        b"\"status\":\"Completed\"",
        b"\"charge\":1e-5",
        b"\"remains\":\"-3\"",
        b"\"7\":",
        b"\"data\":",
        b"\"services\":",
        b"\"service\":1",
        b"\"rate\":\"0.9\"",
        b"\"balance\":\"1,234.5\"",
        b"\"refill\":",
        b"\"cancel\":1",
        b"null",
        b"true",
        b"-1",
        b"0",
        b"1.5",
        b"1e999",
        b"\\ud800",
        b"\xff",
        b"\xef\xbb\xbf",
        b"<br />",
        b"<b>Notice</b>: x",
        b"Warning: x\n",
        "é".as_bytes(),
        b"%",
        b"%2",
        b"%ff",
        b"+",
    ];
    vec(select(words), 0..30).prop_map(|pieces| pieces.concat())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..200), pieces()]
}

fn check_request(body: &[u8], query: &str, get: bool) {
    let request = read(&Raw {
        get,
        get_add: true,
        query,
        body,
        header_key: None,
        idempotency_key: None,
    });
    let ids = match &request.action {
        Ok(
            Action::Status(ids)
            | Action::Refill(ids)
            | Action::RefillStatus(ids)
            | Action::Cancel(ids),
        ) => ids.as_slice(),
        _ => return,
    };
    assert!((1..=MAX_IDS).contains(&ids.len()));
}

fn check_answers(body: &[u8], status: u16) {
    let http = Http {
        status,
        retry_after: None,
        body,
    };
    let asked: [UpstreamId; 2] = ["7".into(), "8".into()];
    let classifier = Classifier::default();
    if let AddOutcome::Accepted(id) = answer::add(&http, &classifier) {
        let text = String::from_utf8_lossy(body);
        assert!(
            text.contains(id.as_str()) && (200..300).contains(&status),
            "{id} was made up of {text}"
        );
    }
    for asked in [&asked[..1], &asked[..]] {
        if let Ok(read) = answer::status(&http, asked) {
            assert!(read.reports.keys().all(|id| asked.contains(id)));
        }
        _ = answer::refill_status(&http, asked);
        _ = answer::cancel(&http, asked, &classifier);
    }
    _ = answer::services(&http, &"p".into(), &"USD".into());
    _ = answer::balance(&http);
    _ = answer::refill(&http, &classifier);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn requests(body in bytes(), query in pieces(), get: bool) {
        check_request(&body, &String::from_utf8_lossy(&query), get);
    }

    #[test]
    fn answers(body in bytes(), status in select(vec![200_u16, 201, 301, 400, 404, 429, 500])) {
        check_answers(&body, status);
    }
}

#[test]
fn depth_and_length_are_no_weapon() {
    let deep = "[".repeat(500_000);
    let closed = format!("{deep}{}", "]".repeat(500_000));
    for body in [
        deep.clone(),
        closed.clone(),
        format!(r#"{{"action":"status","orders":{closed}}}"#),
        format!(r#"{{"data":{closed},"order":{closed}}}"#),
        r#"{"data":"#.repeat(100_000),
        format!("--{}", "b".repeat(1_000_000)),
        "a=1&".repeat(250_000),
        format!(r#"{{"{}":1}}"#, "k".repeat(1_000_000)),
        format!("[{}7]", "7,".repeat(500_000)),
        format!("<br />{}", "Notice: x\n".repeat(100_000)),
    ] {
        check_request(body.as_bytes(), "", false);
        check_answers(body.as_bytes(), 200);
    }
}
