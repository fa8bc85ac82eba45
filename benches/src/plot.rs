//! Figures for the documents, as SVG.

use std::path::Path;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

/// A line of a figure, with a mark at each of its points.
pub struct Series {
    /// What the legend says.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

/// What one direction of a figure means.
#[derive(Clone, Copy)]
pub struct Axis<'a> {
    /// With its unit.
    pub name: &'a str,
    /// Each step is ten times the one before; it begins at the least value above 0, and points without one are left out.
    /// Otherwise it begins at 0.
    pub is_log: bool,
}

/// A measured figure and what it should be.
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// As measured.
    pub value: f64,
    /// At least so much.
    pub goal: f64,
}

/// Draws lines over two axes.
///
/// # Panics
/// There is no point, or the file cannot be written.
pub fn lines(path: &Path, title: &str, x: Axis<'_>, y: Axis<'_>, series: &[Series]) {
    let shown =
        |(wide, high): &(f64, f64)| (!x.is_log || *wide > 0.0) && (!y.is_log || *high > 0.0);
    let series: Vec<Series> = series
        .iter()
        .map(|line| Series {
            name: line.name.clone(),
            points: line.points.iter().copied().filter(shown).collect(),
        })
        .collect();
    let series = series.as_slice();
    let points = || series.iter().flat_map(|line| line.points.iter().copied());
    let (wide, high) = (
        bounds(points().map(|(x, _)| x), x.is_log),
        bounds(points().map(|(_, y)| y), y.is_log),
    );
    let names = (x.name, y.name);
    let drawn = match (x.is_log, y.is_log) {
        (false, false) => draw(path, title, names, wide.0..wide.1, high.0..high.1, series),
        (false, true) => {
            let high = (high.0..high.1).log_scale();
            draw(path, title, names, wide.0..wide.1, high, series)
        }
        (true, false) => {
            let wide = (wide.0..wide.1).log_scale();
            draw(path, title, names, wide, high.0..high.1, series)
        }
        (true, true) => {
            let (wide, high) = ((wide.0..wide.1).log_scale(), (high.0..high.1).log_scale());
            draw(path, title, names, wide, high, series)
        }
    };
    drawn.unwrap_or_else(|error| panic!("{} cannot be drawn: {error}", path.display()));
}

/// Draws a row of bars, one below the other, each with a mark at its goal.
///
/// # Panics
/// There is none, or the file cannot be written.
pub fn bars(path: &Path, title: &str, bars: &[Bar]) {
    let drawn = draw_bars(path, title, bars);
    drawn.unwrap_or_else(|error| panic!("{} cannot be drawn: {error}", path.display()));
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw<X, Y>(
    path: &Path,
    title: &str,
    (x_name, y_name): (&str, &str),
    x: X,
    y: Y,
    series: &[Series],
) -> Drawn
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc(x_name)
        .y_desc(y_name)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    for (index, line) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style).point_size(3))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font((FONT, 13))
        .draw()?;
    root.present()?;
    Ok(())
}

fn draw_bars(path: &Path, title: &str, bars: &[Bar]) -> Drawn {
    let (wide, row) = (f64::from(SIZE.0), 34);
    let height = u32::try_from(bars.len())? * row + 60;
    let root = SVGBackend::new(path, (SIZE.0, height)).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(title, (16, 14), (FONT, 18)))?;
    let largest = bars.iter().flat_map(|bar| [bar.value, bar.goal]);
    let largest = largest.fold(f64::MIN_POSITIVE, f64::max);
    #[expect(clippy::cast_possible_truncation, reason = "a place in a figure")]
    let at = |value: f64| 330 + (value / largest * (wide - 440.0)) as i32;
    for (index, bar) in (0_i32..).zip(bars) {
        let top = 50 + index * i32::try_from(row)?;
        let colour = if bar.value >= bar.goal { MET } else { MISSED };
        let area = [(at(0.0), top), (at(bar.value), top + 20)];
        root.draw(&Rectangle::new(area, colour.filled()))?;
        let goal = [(at(bar.goal), top - 4), (at(bar.goal), top + 24)];
        root.draw(&PathElement::new(goal, BLACK.stroke_width(2)))?;
        root.draw(&Text::new(bar.name.as_str(), (16, top + 3), (FONT, 14)))?;
        let beside = at(bar.value.max(bar.goal)) + 8;
        let text = format!("{:.2} (goal {:.2})", bar.value, bar.goal);
        root.draw(&Text::new(text, (beside, top + 3), (FONT, 13)))?;
    }
    root.present()?;
    Ok(())
}

/// The least and the largest of these, with a little room.
fn bounds(values: impl Iterator<Item = f64> + Clone, is_log: bool) -> (f64, f64) {
    let largest = values.clone().fold(f64::MIN_POSITIVE, f64::max);
    let least = match is_log {
        true => values.fold(largest, f64::min).min(largest / 2.0),
        false => 0.0,
    };
    (least, largest * 1.05)
}

/// As short as it can be.
fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 1e6 => format!("{}M", value / 1e6),
        large if large >= 1e4 => format!("{}k", value / 1e3),
        _ => format!("{}", (value * 1e4).round() / 1e4),
    }
}

const SIZE: (u32, u32) = (900, 480);
const FONT: &str = "sans-serif";
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(255, 127, 14),
    RGBColor(148, 103, 189),
    RGBColor(90, 90, 90),
];
const MET: RGBColor = RGBColor(70, 130, 180);
const MISSED: RGBColor = RGBColor(205, 92, 92);
