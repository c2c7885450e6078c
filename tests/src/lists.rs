//! Complete lists, whatever their number of pages.

use serde_json::Value;

use crate::Api;

/// All records of a list, oldest first. `path` may have a query; `plural` is the name of the list in the answer.
pub async fn list_all(api: &Api, path: &str, plural: &str) -> Vec<Value> {
    let (mut all, mut page) = (Vec::new(), String::new());
    let separator = if path.contains('?') { '&' } else { '?' };
    loop {
        let path = format!("{path}{separator}limit=100&order=asc{page}");
        let mut answer = api.get(&path).await.expect(200).json;
        let Value::Array(records) = answer[plural].take() else { panic!("no {plural} in {answer}") };
        all.extend(records);
        match answer["next_page"].as_str() {
            Some(cursor) => page = format!("&page={cursor}"),
            None => return all,
        }
    }
}

/// The types of the events about a record, oldest first.
pub async fn events_of(api: &Api, prn: &str) -> Vec<String> {
    let events = list_all(api, &format!("/v1/events?resource_prn={prn}"), "events").await;
    events.iter().map(|event| event["type"].as_str().expect("an event has a type").to_owned()).collect()
}
