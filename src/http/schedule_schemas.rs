//! The rules of schedules' parameters and rows in the words of JSON Schema.

use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

use super::schemas::{one_of, or_null};
use crate::domain::sector::Sector;
use crate::domain::weekday::Weekday;
use crate::services::schedule::{Bom, Delimiter, Op, Profile};

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

pub(super) fn optional_byte_order_mark() -> Object {
    or_null(one_of(Bom::ALL.iter().map(|bom| bom.as_str())))
}

pub(super) fn optional_delimiter() -> Object {
    or_null(one_of(Delimiter::ALL.iter().map(|delimiter| delimiter.as_str())))
}

pub(super) fn optional_sector() -> Object {
    or_null(one_of(Sector::ALL.iter().map(|sector| sector.as_str())))
}

pub(super) fn optional_profile() -> Object {
    let names = Profile::built_in().map(|profile| profile.name);
    or_null(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)))
}

pub(super) fn optional_absence_code() -> Object {
    let pattern = "^[A-Za-z0-9]([A-Za-z0-9 ._/-]{0,38}[A-Za-z0-9._/-])?$";
    or_null(ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)))
}

pub(super) fn some_weekdays() -> Array {
    let day = one_of(Weekday::ALL.iter().map(|day| day.as_str()));
    ArrayBuilder::new().items(day).min_items(Some(1)).unique_items(true).build()
}
