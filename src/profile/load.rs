//! Reading a profile, with line, column and did-you-mean.
