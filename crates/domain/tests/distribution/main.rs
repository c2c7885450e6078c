//! Distribution by example and by property: version requirements, channels and their edits, resolution.

mod channels;
mod edits;
mod examples;
mod oracle;
mod properties;
mod worked_cases;
