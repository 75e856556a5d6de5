//! Employers and their libraries.

mod employers;
mod libraries;

pub use employers::{
    find_employer, find_employer_by_name, find_hr_address, insert_employer, list_employer_names,
    list_employer_successors, list_employers, list_employers_by_ids, list_employers_by_names, save_employer,
    save_hr_address,
};
pub(super) use libraries::{contact, contact_columns, containing};
pub use libraries::{
    find_library, find_library_by_reference, insert_libraries, insert_library, list_libraries,
    list_libraries_by_ids, list_libraries_by_references, list_library_ids_of_employer,
    list_library_references, list_library_successors, save_library,
};
