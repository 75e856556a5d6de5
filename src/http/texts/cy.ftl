# Yr hyn y mae’r tudalennau yn ei ddweud yn Gymraeg. Heb ei adolygu eto gan siaradwr brodorol.

skip = Neidio i’r cynnwys
sign-in = Mewngofnodi
account = Eich cyfrif
in-other-language = English
error-prefix = Gwall:
optional = (dewisol)
fault-summary = Mae problem

home-title = Diwrnod mewn llyfrgell arall
home-lead = Mae staff llyfrgelloedd cyhoeddus, academaidd, ysgol ac arbenigol yn symud un llyfrgell i’r chwith: mae pawb yn gweithio am ddiwrnod mewn llyfrgell o sector arall, ac mae llyfrgell pawb yn croesawu rhywun yn ei dro.
home-open = Ar agor i gofrestru
home-none-open = Nid oes rownd ar agor i gofrestru ar hyn o bryd.
home-under-way = Ar y gweill
home-past = Rowndiau a fu
sign-up = Cofrestru
read-more = Darllen mwy
round-until = Cofrestrwch erbyn { $date }.
round-days = { $count ->
    [one] Un diwrnod: { $first }.
    [two] { $count } ddiwrnod rhwng { $first } a { $last }.
   *[other] { $count } diwrnod rhwng { $first } a { $last }.
}
report = Ei chanlyniadau

round-open = Gellir cofrestru tan ddiwedd { $date }.
round-matching = Mae’r cofrestru wedi dod i ben. Mae’r lleoedd yn cael eu trefnu; bydd pawb yn clywed drwy e-bost.
round-published = Mae’r lleoedd wedi’u cynnig; mae’r manylion gan bawb sy’n cymryd rhan drwy e-bost.
round-over = Mae’r rownd hon drosodd.
round-cancelled = Ni chynhelir y rownd hon.
round-when = Pryd
round-who = Pwy all ymuno
round-who-words = Staff pob llyfrgell sy’n cymryd rhan, o unrhyw rôl a gradd. Gofynnir i’ch rheolwr llinell a all eich llyfrgell eich hepgor ar y diwrnod.
round-who-released = Dim ond pobl y mae eu rheolwr llinell wedi dweud ie a gaiff le.
round-how = Sut mae’n gweithio
round-how-sign-up = Rydych yn cofrestru gyda’ch cyfeiriad gwaith a’r dyddiau a fyddai’n addas. Mae’n cymryd pum munud.
round-how-manager = Gofynnir i’ch rheolwr llinell, gydag un ddolen a heb gyfrif.
round-how-match = Pan ddaw’r cofrestru i ben, trefnir lleoedd i bawb ar unwaith, fel bod cynifer â phosibl yn mynd ac na fydd unrhyw lyfrgell yn brin o staff. Nid yw’n gwneud gwahaniaeth pwy gofrestrodd gyntaf.
round-how-answer = Rydych chi a’ch gwesteiwr yn dweud ie neu na erbyn { $date }. Nid oes dim yn bendant cyn hynny.
round-zone = Amserau { $zone } yw’r rhain.
round-privacy = Beth sy’n digwydd i’ch data

find-library = Dod o hyd i’ch llyfrgell
find-library-hint = Enw, tref neu god post y llyfrgell lle rydych yn gweithio
find = Chwilio
found-none = Nid oes llyfrgell sy’n cymryd rhan gyda’r geiriau hyn yn ei henw, ei chyfeiriad neu ei chod post. Rhowch gynnig ar lai o eiriau.
found-many = Dyma’r rhai cyntaf o lawer: ychwanegwch air i weld llai.
found = { $count ->
    [one] Un llyfrgell
    [two] { $count } lyfrgell
   *[other] { $count } llyfrgell
}
choose-library = Dewis

sign-up-title = Cofrestru ar gyfer { $round }
sign-up-library = Rydych yn gweithio yn { $library }.
sign-up-other-library = Nid eich llyfrgell chi?
about-you = Amdanoch chi
about-day = Eich diwrnod
more = Mwy, os dymunwch
needs-heading = Anghenion mynediad
needs-words = Defnyddir yr hyn a ysgrifennwch yma i ddod o hyd i lyfrgell a all eich croesawu’n dda, a dim arall. Mae wedi’i amgryptio; ar ôl i bawb ddweud ie, dim ond cyswllt y gwesteiwr a’r trefnwyr all ei ddarllen, a byddwch yn gweld pwy wnaeth. Gadewch ef yn wag os nad oes dim.
field-name = Eich enw
field-email = Eich e-bost gwaith
field-email-hint = Cewch ddolen yno sy’n profi mai eich cyfeiriad chi ydyw.
field-dates = Dyddiau a fyddai’n addas i chi
field-dates-hint = Po fwyaf o ddyddiau, y mwyaf tebygol y cewch le. Byddwch yn mynd ar un ohonynt.
field-max_km = Pa mor bell y byddech yn teithio, mewn cilometrau
field-max_km-hint = Un ffordd, fel yr hed y frân.
field-manager_email = E-bost gwaith eich rheolwr llinell
field-manager_email-hint = Gofynnir iddynt a gewch fynd. Nid eich cyfeiriad eich hun.
field-sectors = Sectorau yr hoffech eu gweld
field-sectors-hint = Mae dim un yn golygu pob un.
field-topics = Yr hyn yr hoffech ddysgu amdano
field-topics-hint = Gyda choma rhyngddynt: grwpiau darllen, oriau gyda’r nos.
field-role_title = Eich gwaith
field-role_title-hint = Bydd eich gwesteiwr yn darllen hwn: “Llyfrgellydd plant”.
field-objectives = Yr hyn y gobeithiwch ei ddysgu ar y diwrnod
field-objectives-hint = Bydd eich gwesteiwr yn darllen hwn.
field-needs = Anghenion mynediad eich diwrnod
field-needs-hint = Gyda choma rhyngddynt: heb risiau, dolen sain.
field-needs_words = Mwy amdanynt, yn eich geiriau eich hun
field-language = Iaith negeseuon a chofnodion calendr
field-privacy_version = Rwyf wedi darllen hwn ac yn cytuno
field-privacy_version-missing = darllenwch ef a thiciwch y blwch
language-en = English
language-cy = Cymraeg
sector-public = Llyfrgelloedd cyhoeddus
sector-academic = Llyfrgelloedd academaidd
sector-school = Llyfrgelloedd ysgol
sector-specialist = Llyfrgelloedd arbenigol
send-sign-up = Cofrestru
signed-up-title = Edrychwch yn eich e-bost
signed-up-words = Mae e-bost ar ei ffordd i’r cyfeiriad a roesoch. Pwyswch y botwm y tu ôl i’w ddolen: dim ond wedyn y bydd eich cofrestriad yn cyfrif.
signed-up-nothing = Dim wedi cyrraedd? Edrychwch ymhlith e-byst diangen. Gallwch hefyd gofrestru eto gyda’r cyfeiriad cywir.
