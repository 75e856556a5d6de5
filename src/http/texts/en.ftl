# What pages say in English. A test asks that all languages have the same messages with the same variables, and that each
# is used.

skip = Skip to the content
sign-in = Sign in
account = Your account
in-other-language = Cymraeg
error-prefix = Error:
optional = (optional)
fault-summary = There is a problem

home-title = One day in another library
home-lead = Staff of public, academic, school and specialist libraries move one library to the left: everyone works one day in a library of another sector, and everyone’s library receives somebody in turn.
home-open = Open for sign-up
home-none-open = No round is open for sign-up at the moment.
home-under-way = Under way
home-past = Rounds that have been
sign-up = Sign up
read-more = Read more
round-until = Sign up until { $date }.
round-days = { $count ->
    [one] One day: { $first }.
   *[other] { $count } days between { $first } and { $last }.
}
report = What it came to

round-open = Sign-up is open until the end of { $date }.
round-matching = Sign-up has ended. The places are being worked out; everybody hears by mail.
round-published = The places have been proposed; who takes part has the details by mail.
round-over = This round is over.
round-cancelled = This round does not take place.
round-when = When
round-who = Who may join
round-who-words = Staff of every library that takes part, of any role and grade. Your line manager is asked whether your library can spare you on the day.
round-who-released = Only people whose line manager has said yes are given a place.
round-how = How it goes
round-how-sign-up = You sign up with your work address and the days that would suit you. It takes five minutes.
round-how-manager = Your line manager is asked, with one link and no account.
round-how-match = When sign-up has ended, places are worked out for everybody at once, so that as many people as possible go and no library is left short-staffed. It makes no difference who signed up first.
round-how-answer = You and your host say yes or no by { $date }. Nothing is fixed before.
round-zone = Times are those of { $zone }.
round-privacy = What happens with your data

find-library = Find your library
find-library-hint = Name, town or postcode of the library where you work
find = Find
found-none = No library that takes part has these words in its name, address or postcode. Try fewer words.
found-many = These are the first of many: add a word to see fewer.
found = { $count ->
    [one] One library
   *[other] { $count } libraries
}
choose-library = Choose

sign-up-title = Sign up for { $round }
sign-up-library = You work at { $library }.
sign-up-other-library = Not your library?
about-you = About you
about-day = Your day
more = More, if you like
needs-heading = Access needs
needs-words = Only what you write here is used to find a library that can receive you well. It is encrypted; once everybody has said yes, only the host’s contact and the organisers can read it, and you see who did. Leave it empty if there is nothing.
field-name = Your name
field-email = Your work e-mail
field-email-hint = You get a link there that proves the address is yours.
field-dates = Days that would suit you
field-dates-hint = The more days, the likelier a place. You go on one of them.
field-max_km = How far you would travel, in kilometres
field-max_km-hint = One way, as the crow flies.
field-manager_email = Your line manager’s work e-mail
field-manager_email-hint = They are asked whether you may go. Not your own address.
field-sectors = Sectors you would like to see
field-sectors-hint = None means all.
field-topics = What you would like to learn about
field-topics-hint = With commas between: reading groups, evening hours.
field-role_title = What you do
field-role_title-hint = Your host reads this: “Children’s librarian”.
field-objectives = What you hope to learn on the day
field-objectives-hint = Your host reads this.
field-needs = Access needs of your day
field-needs-hint = With commas between: step-free, hearing loop.
field-needs_words = More about them, in your own words
field-language = Language of mails and calendar entries
field-privacy_version = I have read this and agree
field-privacy_version-missing = please read it and tick the box
language-en = English
language-cy = Cymraeg
sector-public = Public libraries
sector-academic = Academic libraries
sector-school = School libraries
sector-specialist = Specialist libraries
send-sign-up = Sign up
signed-up-title = Look into your mail
signed-up-words = A mail is on its way to the address that you gave. Press the button behind its link: only then does your sign-up count.
signed-up-nothing = Nothing came? Look among unwanted mail. You can also sign up again with the right address.
