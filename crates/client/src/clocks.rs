//! Certificates of servers whose dates do not fit the clock of this device. Which of the two is wrong, nobody can tell from here: so both are
//! said.

use std::error::Error as StdError;

use olivine_domain::Timestamp;

/// What is wrong between the server's certificate and this device's clock, if that is why there is no connection.
pub(crate) fn sentence(origin: &str, error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(sentence) = of_text(origin, &cause.to_string()) {
            return Some(sentence);
        }
        next = cause.source();
    }
    None
}

/// The error's type is not one of a crate that this one may depend on; its text has the numbers.
fn of_text(origin: &str, text: &str) -> Option<String> {
    let problem = text.split_once("certificate not valid yet: ").map(|(_, times)| (true, times));
    let problem =
        problem.or_else(|| text.split_once("certificate expired: ").map(|(_, times)| (false, times)));
    let (is_early, times) = problem?;
    let mut times = times.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    let (clock, bound) = (moment(times.next()?)?, moment(times.next()?)?);
    Some(if is_early {
        format!(
            "the certificate of {origin} is valid from {bound} on, and this device's clock says {clock}: check this device's clock"
        )
    } else {
        format!(
            "the certificate of {origin} expired on {bound}, and this device's clock says {clock}: if that is right, the server needs a \
             new certificate"
        )
    })
}

fn moment(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_micros(seconds.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_named_and_what_it_says() {
        let early = "invalid peer certificate: certificate not valid yet: verification time 1795715243 (UNIX), but certificate is not valid \
                     before 1795801643 (86400 seconds in future)";
        let late = "invalid peer certificate: certificate expired: verification time 1795801643 (UNIX), but certificate is not valid after \
                    1795715243 (86400 seconds ago)";
        assert_eq!(
            of_text("https://x", early).unwrap(),
            "the certificate of https://x is valid from 2026-11-27T17:47:23.000000Z on, and this device's clock says \
             2026-11-26T17:47:23.000000Z: check this device's clock"
        );
        assert!(
            of_text("https://x", late)
                .unwrap()
                .ends_with("if that is right, the server needs a new certificate")
        );
        assert_eq!(of_text("https://x", "invalid peer certificate: UnknownIssuer"), None);
    }
}
