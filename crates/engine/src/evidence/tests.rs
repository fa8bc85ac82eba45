use super::*;

#[test]
fn an_order_is_between_those_sent_before_and_after() {
    let of = |below, above| {
        let neighbours = Neighbours {
            below,
            above,
            none_forgotten: true,
        };
        between(neighbours, 20)
    };
    assert_eq!(of(Some(7), Some(12)), Some(8..=12));
    assert_eq!(of(Some(7), None), Some(8..=27));
    assert_eq!(of(None, Some(9)), None);
    assert_eq!(of(Some(9), Some(9)), None);
    assert_eq!(of(Some(u64::MAX), None), None);
    assert_eq!(
        of(Some(7), Some(MOST_KNOWN + 27)),
        Some(8..=MOST_KNOWN + 27)
    );
    assert_eq!(of(Some(7), Some(MOST_KNOWN + 28)), None);
}

#[test]
fn ids_are_asked_about_once() {
    let ids = ids([5..=7, 6..=8].into_iter());
    let texts: Vec<_> = ids.iter().map(UpstreamId::as_str).collect();
    assert_eq!(texts, ["5", "6", "7", "8"]);
}
