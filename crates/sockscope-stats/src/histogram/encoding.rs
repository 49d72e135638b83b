//! Encoding: a histogram as text, in the V2 format that all HdrHistogram tools read, base64 around
//! it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{DeserializeError, Deserializer, Serializer, V2Serializer};

use super::{DIGITS, Histogram, LOWEST_NS};

/// The V2 header: cookie, payload length, offset, digits (4 bytes each), lowest, highest, ratio (8
/// bytes each).
const HEADER_BYTES: usize = 40;
/// No histogram of these bounds is longer: 27 648 counts of at most 9 bytes.
const PAYLOAD_BYTES_MAX: usize = 27_648 * 9;
/// A variable-length integer of all ones: a run of 2^63 zeros, which no writer produces and the
/// decoder negates.
const IMPOSSIBLE_RUN: [u8; 9] = [0xff; 9];
/// More samples than 280 years of one a microsecond: a damaged count, and a sum that could overflow
/// later.
const COUNT_MAX: u64 = 1 << 53;

/// Why a text is not a histogram of ours.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The text is not base64.
    #[error("cannot decode the histogram: it is not base64")]
    Base64(#[source] base64::DecodeError),
    /// The bytes are not a V2 histogram of this length.
    #[error("cannot decode the histogram: {bytes} bytes that are not an HdrHistogram V2 encoding")]
    Format {
        /// How many bytes the base64 held.
        bytes: usize,
    },
    /// A histogram, but one with other bounds, which cannot be merged with ours.
    #[error("cannot decode the histogram: its bounds are not 1 ns to 60 s at three digits")]
    Bounds,
    /// The counts inside do not fit.
    #[error("cannot decode the histogram: its counts are damaged")]
    Counts(#[source] DeserializeError),
    /// More samples than could ever be taken.
    #[error("cannot decode the histogram: it claims {count} samples")]
    TooMany {
        /// How many it claims.
        count: u64,
    },
}

impl Histogram {
    /// The histogram as base64 of the V2 format.
    #[must_use]
    pub fn to_base64(&self) -> String {
        let mut bytes = Vec::new();
        // A count above 2^63 cannot be encoded; at one sample a nanosecond that takes 292 years.
        let encoded = V2Serializer::new().serialize(&self.counts, &mut bytes);
        encoded.unwrap_or_else(|_| unreachable!("counts below 2^63 can be encoded"));
        STANDARD.encode(bytes)
    }

    /// Reads what [`to_base64`](Self::to_base64) wrote. Never panics, whatever the text.
    pub fn from_base64(text: &str) -> Result<Self, DecodeError> {
        let bytes = STANDARD.decode(text).map_err(DecodeError::Base64)?;
        check_header(&bytes)?;
        let counts =
            Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(DecodeError::Counts)?;
        // The total was added up with saturation, so damage cannot wrap it below the limit.
        if counts.len() > COUNT_MAX {
            return Err(DecodeError::TooMany { count: counts.len() });
        }
        Ok(Self { counts })
    }
}

/// Checks lengths and bounds before the decoder allocates what they ask for.
fn check_header(bytes: &[u8]) -> Result<(), DecodeError> {
    let format = || DecodeError::Format { bytes: bytes.len() };
    let (header, payload) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(format)?;
    let word = |at: usize| header[at..at + 8].iter().fold(0, |sum, &b| sum << 8 | u64::from(b));
    let half = |at: usize| word(at) >> 32;
    let whole = half(4) == payload.len() as u64 && payload.len() <= PAYLOAD_BYTES_MAX;
    if !whole || payload.windows(IMPOSSIBLE_RUN.len()).any(|run| run == IMPOSSIBLE_RUN) {
        return Err(format());
    }
    if (half(12), word(16), word(24)) != (u64::from(DIGITS), LOWEST_NS, Histogram::MAX_NS) {
        return Err(DecodeError::Bounds);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Histogram {
        let mut histogram = Histogram::new();
        for ns in [0, 1, 3_741, 5_100, 68_000, 1 << 33, u64::MAX] {
            histogram.record_many(ns, ns % 1_000 + 1);
        }
        histogram
    }

    #[test]
    fn what_is_written_is_read_back() {
        for histogram in [Histogram::new(), sample()] {
            assert_eq!(Histogram::from_base64(&histogram.to_base64()).unwrap(), histogram);
        }
    }

    #[test]
    fn each_kind_of_garbage_has_its_error() {
        let good = STANDARD.decode(sample().to_base64()).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            STANDARD.encode(bytes)
        };
        let rows = [
            ("not base64!".to_owned(), "not base64"),
            (String::new(), "0 bytes"),
            (STANDARD.encode(b"HISTFAAA"), "8 bytes"),
            (STANDARD.encode(&good[..good.len() - 1]), "not an HdrHistogram"),
            (with(15, 2), "bounds"),
            (with(24, 1), "bounds"),
            (with(0, 0), "damaged"),
            (with(32, 0), "damaged"),
        ];
        for (text, expected) in rows {
            let error = Histogram::from_base64(&text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Histogram::from_base64(&STANDARD.encode(bytes));
        }

        #[test]
        fn no_damage_makes_the_decoder_panic(
            payload in prop::collection::vec(
                prop_oneof![Just(0xff_u8), Just(0xfe), any::<u8>()],
                0..300,
            ),
        ) {
            let mut bytes = STANDARD.decode(Histogram::new().to_base64()).unwrap();
            bytes.truncate(HEADER_BYTES);
            bytes[4..8].copy_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
            bytes.extend(payload);
            if let Ok(histogram) = Histogram::from_base64(&STANDARD.encode(bytes)) {
                prop_assert!(histogram.quantile(0.5) <= histogram.max());
                let _ = (histogram.mean(), histogram.buckets().count());
            }
        }
    }
}
