//! The four sectors of libraries.

use super::states::named;

named! {
    /// A sector.
    Sector {
        /// Public libraries.
        Public = "public",
        /// Libraries of universities and colleges.
        Academic = "academic",
        /// Libraries of schools.
        School = "school",
        /// Health, law, cathedral, research and other special libraries.
        Specialist = "specialist",
    }
}
