//! What is measured of the requests of devices.

use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

use crate::http::words::method_name;

/// What is measured, by method and route.
#[derive(Debug)]
pub(super) struct Meters {
    routes: Vec<Meter>,
}

/// A metric that devices use all the time, found without a lookup among all metrics.
#[derive(Debug)]
struct Meter {
    method: &'static str,
    route: &'static str,
    successes: Counter,
    seconds: Histogram,
}

const REQUESTS: &str = "olivine_device_requests_total";
const SECONDS: &str = "olivine_device_request_seconds";

impl Meters {
    /// With meters for these routes.
    pub(super) fn new(routes: &[(Method, &'static str)]) -> Self {
        let meter = |(method, route): &(Method, &'static str)| {
            let method = method_name(method);
            let labels = [("method", method.to_owned()), ("route", (*route).to_owned())];
            let [by_method, by_route] = labels.clone();
            let with_status = [by_method, by_route, ("status", "200".to_owned())];
            let successes = metrics::counter!(REQUESTS, &with_status);
            Meter { method, route, successes, seconds: metrics::histogram!(SECONDS, &labels) }
        };
        Self { routes: routes.iter().map(meter).collect() }
    }

    /// Counts a request that was answered.
    pub(super) fn count(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let usual = self.routes.iter().find(|meter| meter.route == route && meter.method == method);
        match usual {
            Some(meter) if status == StatusCode::OK => meter.successes.increment(1),
            _ => {
                let labels = [
                    ("method", method.to_owned()),
                    ("route", route.to_owned()),
                    ("status", status.as_str().to_owned()),
                ];
                metrics::counter!(REQUESTS, &labels).increment(1);
            }
        }
        if let Some(meter) = usual {
            meter.seconds.record(took.as_secs_f64());
        }
    }
}
