//! The rules of schedules' parameters and rows in the words of JSON Schema.

use utoipa::openapi::schema::Object;

use super::schemas::{one_of, or_null};
use crate::services::schedule::{Bom, Delimiter, Op};

pub(super) fn byte_order_mark() -> Object {
    one_of(Bom::ALL.iter().map(|bom| bom.as_str())).build()
}

pub(super) fn delimiter() -> Object {
    one_of(Delimiter::ALL.iter().map(|delimiter| delimiter.as_str())).build()
}

pub(super) fn op() -> Object {
    one_of(Op::ALL.iter().map(|op| op.as_str())).build()
}

pub(super) fn optional_op() -> Object {
    or_null(one_of(Op::ALL.iter().map(|op| op.as_str())))
}
