//! The OpenAPI document as a list of what can be asked for.

use reqwest::Method;
use serde_json::Value;

use crate::Api;

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: String,
    /// The whole description of the operation.
    pub description: Value,
}

impl Operation {
    /// The path of one record: `{prn}` replaced, and all other parameters by 1.
    pub fn path_with(&self, prn: &str) -> String {
        let mut path = self.path.replace("{prn}", prn);
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "1");
        }
        path
    }
}

/// The document itself.
pub async fn openapi(api: &Api) -> Value {
    api.get("/v1/openapi.json").await.expect(200).json
}

/// All operations of the Admin API.
pub async fn operations(api: &Api) -> Vec<Operation> {
    let document = openapi(api).await;
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, description) in methods.as_object().expect("a path has methods") {
            let method = method.to_uppercase().parse().expect("a path's keys are methods");
            operations.push(Operation { method, path: path.clone(), description: description.clone() });
        }
    }
    assert!(operations.len() > 30, "the document describes less than the API has");
    operations
}
