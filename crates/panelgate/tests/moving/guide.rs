//! The guide for operators, command by command.

use crate::house::{empty, figure};

const GUIDE: &str = include_str!("../../../../docs/moving-customers.md");

/// The blocks of the guide that begin with this line.
fn blocks(first: &'static str) -> impl Iterator<Item = &'static str> {
    GUIDE
        .split("```")
        .filter_map(move |block| block.strip_prefix(first))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_and_command_of_the_guide_works() {
    let (panel, gateway) = empty().await;
    crate::house::placed_before(&panel, 1, 1_000).await;
    for file in blocks("csv ") {
        let (name, text) = file.split_once('\n').expect("a name and rows");
        std::fs::write(gateway.path(name), text).expect("written");
    }
    let mut run = 0;
    for line in blocks("sh\n").flat_map(str::lines) {
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| {
                let file = gateway.path(word);
                let is_file = word.ends_with(".csv");
                if is_file {
                    file.to_str().expect("UTF-8").to_owned()
                } else {
                    word.to_owned()
                }
            })
            .collect();
        let Some((program, rest)) = words.split_first() else {
            continue;
        };
        assert_eq!(program, "panelgate", "{line}");
        if rest.first().is_some_and(|command| command == "serve") {
            continue;
        }
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let output = gateway.output(&rest);
        assert!(output.status.success(), "{line}: {output:?}");
        run += 1;
    }
    assert!(run >= 3, "the guide has commands");
    assert!(
        figure(
            &gateway,
            "SELECT count(*) FROM orders WHERE moved IS NOT NULL"
        ) >= 3
    );
    gateway.verify();
}
