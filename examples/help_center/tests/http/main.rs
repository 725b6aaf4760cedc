//! Every route over HTTP, for everybody and with bad input.

mod access;
mod chat;
mod desk;
mod faults;
mod forms;
mod pages;
mod site;
