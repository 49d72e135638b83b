//! Interval log: many histograms in one text, a tagged line each, as HdrHistogram tools read it.
//!
//! The format is that of HdrHistogram's own `HistogramLogWriter`: comments behind `#`, the time of
//! the start, then lines `Tag=NAME,start,length,max,histogram`. Times are seconds, the largest value
//! is in milliseconds, the histogram is V2 with deflate in base64.

use std::error::Error;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use super::Histogram;

/// Values are nanoseconds; HdrHistogram's logs give the largest one of a line in milliseconds.
const NS_PER_MS: f64 = 1e6;

/// One line: a histogram and what it is of.
#[derive(Debug)]
pub struct LogEntry {
    /// Its name. What a tag must not hold (a comma, a space, a line end) becomes an underscore.
    pub tag: String,
    /// How long it took to take the samples.
    pub length: Duration,
    /// The samples.
    pub samples: Histogram,
}

/// The log of these histograms, each of which begins at `start`, a time since the epoch.
#[must_use]
pub fn interval_log(comments: &[String], start: Duration, entries: &[LogEntry]) -> String {
    let mut bytes = Vec::new();
    let written = write(&mut bytes, comments, start, entries);
    written.unwrap_or_else(|_| unreachable!("a Vec takes all, and counts below 2^63 are encoded"));
    String::from_utf8(bytes).unwrap_or_else(|_| unreachable!("comments, tags and base64 are text"))
}

fn write(
    bytes: &mut Vec<u8>,
    comments: &[String],
    start: Duration,
    entries: &[LogEntry],
) -> Result<(), Box<dyn Error>> {
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment("[Histogram log format version 1.3]");
    for comment in comments {
        builder.add_comment(&comment.replace(['\n', '\r'], " "));
    }
    builder.with_start_time(SystemTime::UNIX_EPOCH + start).with_max_value_divisor(NS_PER_MS);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = builder.begin_log_with(bytes, &mut serializer)?;
    for entry in entries {
        let name = entry.tag.replace([',', ' ', '\n', '\r'], "_");
        log.write_histogram(&entry.samples.counts, Duration::ZERO, entry.length, Tag::new(&name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry as Line};

    use super::*;

    #[test]
    fn every_histogram_comes_back_under_its_tag() {
        let of = |ns| {
            let mut samples = Histogram::new();
            samples.record_many(ns, 1_000);
            samples
        };
        let entry = |tag: &str, ns| LogEntry {
            tag: tag.to_owned(),
            length: Duration::from_millis(1_500),
            samples: of(ns),
        };
        let entries = [entry("unix/solo", 3_300), entry("a b,c\n", 60_000_000)];
        let comments = ["kernel 6.18\n#[StartTime: 0 (fake)]".to_owned()];
        let log = interval_log(&comments, Duration::from_secs(1_700_000_000), &entries);
        assert!(log.starts_with("#[Histogram log format version 1.3]\n#kernel 6.18 #[StartTime"));
        let mut found = Vec::new();
        for line in IntervalLogIterator::new(log.as_bytes()) {
            match line.unwrap() {
                Line::StartTime(start) => assert_eq!(start.as_secs(), 1_700_000_000),
                Line::BaseTime(_) => panic!("there is none"),
                Line::Interval(line) => {
                    use base64::Engine as _;
                    let encoded = line.encoded_histogram();
                    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
                    let counts =
                        Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice()).unwrap();
                    let tag = line.tag().unwrap().as_str().to_owned();
                    found.push((tag, line.duration().as_millis(), counts.max(), line.max()));
                }
            }
        }
        let name = |(tag, ..): &(String, _, _, _)| tag.clone();
        assert_eq!(found.iter().map(name).collect::<Vec<_>>(), ["unix/solo", "a_b_c_"]);
        assert!(found.iter().all(|line| line.1 == 1_500));
        assert!((3_300..3_310).contains(&found[0].2) && (found[1].3 - 60.0).abs() < 0.1);
    }
}
