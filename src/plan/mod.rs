//! From observed and desired to a plan: data in, data out.
