//! Processes that share a database, and the database itself: what they may use of it, how they hear of each other, how they come and go.

mod database;
mod roles;
