//! What an import does with a right list.

use library_swap::domain::ids::EmployerId;
use library_swap::domain::organisation::LibraryFilter;
use library_swap::domain::text::Name;
use library_swap::import::{Kind, Mapping, Points, RowFaults, Table};
use library_swap::services::audit::{self, Which};
use library_swap::services::imports::{ImportMode, Order, Outcome, import, mappings};
use library_swap::services::{App, employers, libraries, page::Page};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::world::{apply, kinds, organiser, prepare, sentences, table, take};
use crate::support::{for_each_database, row_counts};

fn first<I: Copy>() -> Page<I> {
    Page::new(None, 100).expect("a page")
}

fn library(app: &App, reference: &str) -> library_swap::domain::organisation::Library {
    libraries::get(app, &organiser(), reference).expect("a library")
}

#[test]
fn every_template_is_a_list_that_can_be_taken_and_the_second_time_changes_nothing() {
    for_each_database(|app| {
        for kind in kinds() {
            prepare(app, kind);
            let template = kind.template().expect("a template");
            let before = row_counts(app);
            let dry = take(app, kind, template.as_str(), ImportMode::DryRun);
            assert_eq!(sentences(&dry), Vec::<String>::new(), "{kind}");
            assert_eq!(row_counts(app), before, "a dry run of {kind} wrote");
            let first = apply(app, kind, template.as_str());
            assert!(first.added + first.changed + first.unchanged > 0, "{kind}");
            assert_eq!(
                (dry.added, dry.changed, &dry.counts),
                (first.added, first.changed, &first.counts),
                "{kind}"
            );
            let written = row_counts(app);
            let again = apply(app, kind, template.as_str());
            assert_eq!((again.added, again.changed), (0, 0), "{kind}");
            assert_eq!(row_counts(app), written, "the second import of {kind} wrote");
        }
    });
}

#[test]
fn all_rows_are_written_or_none_unless_a_part_is_wanted() {
    for_each_database(|app| {
        let list = "id,name,sector,operator\na,Good,public,Council\nb,,public,Council\n";
        let empty = row_counts(app);
        let refused = take(app, Kind::Libraries, list, ImportMode::Apply);
        assert!(refused.refused);
        assert_eq!((refused.read, refused.left_out, refused.added), (2, 1, 1));
        assert_eq!(row_counts(app), empty);
        let partial = take(app, Kind::Libraries, list, ImportMode::Partial);
        assert_eq!((partial.refused, partial.left_out, partial.added), (false, 1, 1));
        assert_eq!(partial.count("new employers"), 1);
    });
}

#[test]
fn a_list_speaks_for_the_columns_it_has_and_for_no_other() {
    for_each_database(|app| {
        apply(app, Kind::Libraries, Kind::Libraries.template().expect("a template"));
        let before = library(app, "lib-1");
        let council = "Worcestershire County Council";
        let renamed =
            apply(app, Kind::Libraries, format!("id,name,sector,operator\nlib-1,Hive,public,{council}\n"));
        assert_eq!((renamed.added, renamed.changed), (0, 1));
        let mut wanted = before.clone();
        wanted.name = "Hive".parse().expect("a name");
        assert_eq!(library(app, "lib-1"), wanted);
        let emptied = format!(
            "id,name,sector,operator,postcode,opening_hours,contact_email\nlib-1,Hive,public,{council},,,\n"
        );
        apply(app, Kind::Libraries, emptied);
        wanted.postcode = None;
        wanted.opening_hours = None;
        assert_eq!(library(app, "lib-1"), wanted, "an empty cell empties, but never takes the contact away");
    });
}

fn placed(outcome: &Outcome, words: &str) -> usize {
    outcome.counts.iter().filter(|(what, _)| what.contains(words)).map(|(_, count)| count).sum()
}

#[test]
fn points_come_from_a_table_of_sectors_or_districts_and_it_is_said_how_coarse_they_are() {
    for_each_database(|app| {
        let list = "id,name,sector,operator,postcode,latitude,longitude\n\
                    a,A,public,C,WR1 3PB,,\nb,B,public,C,AB10 6RN,,\nc,C,public,C,WR1 3PB,52.19,-2.22\nd,D,public,C,,,\n";
        let areas = "sector,latitude,longitude\nWR1 3,52.2,-2.2\n,,\n";
        let districts = "outcode,latitude,longitude\nAB10,57.1,-2.1\nWR1,52.3,-2.3\n";
        let read = |bytes: &str| Points::read(&table(bytes), &mut RowFaults::default());
        let (list, sectors, districts) = (table(list), read(areas), read(districts));
        let taken = |points, mode| {
            let order = Order { points: Some(points), ..Order::new(Kind::Libraries, &list, mode) };
            import(app, &organiser(), &order).expect("an outcome")
        };
        let fine = taken(&sectors, ImportMode::DryRun);
        assert_eq!(placed(&fine, "sector: half within 0.6 km"), 1);
        assert_eq!(fine.count("without a point"), 2);
        let coarse = taken(&districts, ImportMode::Apply);
        assert_eq!(placed(&coarse, "district: half within 1.3 km"), 2);
        assert_eq!(coarse.count("without a point"), 1);
        let point = |reference| library(app, reference).point.map(|point| point.latitude().to_string());
        assert_eq!(
            [point("a"), point("b"), point("c"), point("d")].map(Option::unwrap_or_default),
            ["52.3", "57.1", "52.19", ""]
        );
        assert_eq!(taken(&districts, ImportMode::Apply).changed, 0);
    });
}

#[test]
fn employers_get_their_directories_and_keep_what_a_list_does_not_tell() {
    for_each_database(|app| {
        apply(
            app,
            Kind::Employers,
            "name,domains,managers\nCouncil,Council.example,a@x.example b@x.example\nOther,,\n",
        );
        let found = || {
            let page: Page<EmployerId> = first();
            let found = employers::list(app, &organiser(), &page).expect("employers").items;
            found.into_iter().find(|employer| employer.name.as_str() == "Council").expect("the council")
        };
        assert_eq!(found().domains, ["council.example"]);
        assert_eq!(found().managers.len(), 2);
        apply(app, Kind::Employers, "name,group\nCouncil,Shire\n");
        assert_eq!(found().group.as_ref().map(Name::as_str), Some("Shire"));
        assert_eq!(found().managers.len(), 2);
        let outcome = take(
            app,
            Kind::Employers,
            "name,domains\nCouncil,gmail.com; council.example\n",
            ImportMode::Partial,
        );
        assert_eq!(
            sentences(&outcome),
            [
                "line 2, domains: `gmail.com; council.example` has `gmail.com`, which anybody can have an address there: \
              name the managers' addresses instead; the row is taken without it"
            ]
        );
    });
}

#[test]
fn a_workbook_is_read_as_it_is_meant() {
    for_each_database(|app| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("Staff 2027").expect("a sheet");
        for (column, name) in ["id", "name", "email", "employer", "left_on"].into_iter().enumerate() {
            sheet.write(0, u16::try_from(column).expect("few"), name).expect("a cell");
        }
        let day = Format::new().set_num_format("dd/mm/yyyy");
        let left = ExcelDateTime::from_ymd(2026, 12, 31).expect("a date");
        sheet.write(1, 0, 1007).expect("a cell");
        sheet.write(1, 1, "Zoë Ärmel").expect("a cell");
        sheet.write(1, 2, "zoe@council.example").expect("a cell");
        sheet.write(1, 3, "Council").expect("a cell");
        sheet.write(3, 0, 1008).expect("a cell");
        sheet.write(3, 1, "Li").expect("a cell");
        sheet.write(3, 2, "no address").expect("a cell");
        sheet.write(3, 3, "Council").expect("a cell");
        sheet.write_datetime_with_format(3, 4, &left, &day).expect("a cell");
        let bytes = book.save_to_buffer().expect("a workbook");
        apply(app, Kind::Employers, "name\nCouncil\n");
        assert_eq!(table(bytes.clone()).form(), "XLSX, sheet “Staff 2027”");
        let outcome = take(app, Kind::Staff, bytes, ImportMode::Partial);
        assert_eq!((outcome.read, outcome.added), (2, 1));
        assert_eq!(
            sentences(&outcome),
            [
                "line 4, email: `no address` must be an e-mail address like name@library.example; the row is left out"
            ],
            "the row of the sheet, with its date understood"
        );
    });
}

#[test]
fn a_mapping_is_kept_by_its_name_and_found_again() {
    for_each_database(|app| {
        let name: Name = "HR export".parse().expect("a name");
        let mapping = Mapping::of(["Branch=name", "Ref no=id"].map(|pair| pair.parse().expect("a pair")));
        mappings::keep(app, &organiser(), Kind::Libraries, &name, &mapping).expect("kept");
        let entries =
            audit::list(app, &organiser(), &Which::default(), &first()).expect("the audit").items.len();
        mappings::keep(app, &organiser(), Kind::Libraries, &name, &mapping).expect("kept again");
        assert_eq!(
            audit::list(app, &organiser(), &Which::default(), &first()).expect("the audit").items.len(),
            entries
        );
        assert_eq!(mappings::get(app, &organiser(), Kind::Libraries, &name).expect("found"), mapping);
        let close = "HR exprt".parse().expect("a name");
        let error = mappings::get(app, &organiser(), Kind::Libraries, &close).expect_err("none");
        assert!(error.to_string().contains("maybe `HR export`"), "{error}");
    });
}

#[test]
fn the_real_lists_of_two_countries_are_taken_and_the_second_time_change_nothing() {
    let data = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let lists = [("libraries_gb.csv", 7_347, 0), ("libraries_de.csv", 1_708, 110)];
    if !data.exists() {
        return skip!("the shared data are not here ({})", data.display());
    }
    for_each_database(|app| {
        for (file, taken, left_out) in lists {
            let list = Table::read(std::fs::read(data.join(file)).expect(file)).expect("a table");
            let order = Order::new(Kind::Libraries, &list, ImportMode::Partial);
            let first = import(app, &organiser(), &order).expect("an outcome");
            assert_eq!((first.added, first.left_out), (taken, left_out), "{file}");
            let again = import(app, &organiser(), &order).expect("an outcome");
            assert_eq!((again.added, again.changed, again.unchanged), (0, 0, taken), "{file}");
        }
        let filter = LibraryFilter { text: Some("Münster".to_owned()), ..LibraryFilter::default() };
        let found = libraries::list(app, &organiser(), &filter, &first()).expect("libraries").items;
        assert!(found.iter().any(|library| library.time_zone == chrono_tz::Europe::Berlin));
        assert_eq!(
            audit::list(app, &organiser(), &Which::default(), &first()).expect("the audit").items.len(),
            lists.len()
        );
    });
}
