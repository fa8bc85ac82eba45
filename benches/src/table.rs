//! A table on standard output.

/// Prints rows under a heading, columns as wide as their widest cell.
pub fn print(heading: &str, columns: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.chain([columns[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:>width$}"));
        println!("  {}", padded.collect::<Vec<_>>().join("  "));
    };
    println!("\n{heading}");
    line(columns.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}

/// A rate as people read it.
#[must_use]
pub fn per_second(count: usize, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = count as f64;
    count / seconds
}
