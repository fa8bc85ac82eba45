use super::*;

#[test]
fn an_order_is_between_those_sent_before_and_after() {
    let of = |below, above| between(Neighbours { below, above }, 20);
    assert_eq!(of(Some(7), Some(12)), Some(8..=12));
    assert_eq!(of(Some(7), None), Some(8..=27));
    assert_eq!(of(None, Some(9)), None);
    assert_eq!(of(Some(9), Some(9)), None);
    assert_eq!(of(Some(u64::MAX), None), None);
}

#[test]
fn ids_are_asked_about_once_and_not_without_bound() {
    let of = |ranges: &[RangeInclusive<u64>]| ids(ranges.iter().cloned(), 3);
    let texts = |ids: Vec<UpstreamId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        of(&[5..=7, 6..=8]).map(texts),
        Some(vec!["5".into(), "6".into(), "7".into(), "8".into()])
    );
    assert_eq!(of(&[1..=MOST_KNOWN + 4]), None);
    assert_eq!(of(&[0..=u64::MAX]), None);
    assert_eq!(of(&[1..=MOST_KNOWN, 20_000..=20_003]), None);
}
