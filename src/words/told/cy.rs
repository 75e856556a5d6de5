//! The sentences in Welsh, to *chi*. Not yet reviewed by a native reader.

use crate::domain::language::Language;
use crate::domain::told::{DayAt, Told};
use crate::words::on_date;

const WELSH: Language = Language::Welsh;

/// What a change would have done.
const THEN: &str =
    "byddai lle i chi wedi bod yn un o'r amserlenni gorau, heb roi lle i lai o bobl at ei gilydd";

fn at(day: &DayAt) -> String {
    format!("{} {}", day.host, on_date(WELSH, day.date))
}

pub(super) fn told(sentence: &Told) -> String {
    let fixed = match sentence {
        Told::Own { words } => return words.clone(),
        Told::TakesPlaceOf { day, why } => {
            return format!(
                "Mae hwn yn cymryd lle'r diwrnod yn {}, sydd wedi'i ganslo. {}",
                at(day),
                told(why)
            );
        }
        Told::WasToTakePlaceOf { day, why } => {
            let why = why.as_deref().map(told).unwrap_or_default();
            return format!(
                "Roedd i fod i gymryd lle'r diwrnod yn {}, sydd wedi'i ganslo hefyd. {why}",
                at(day)
            );
        }
        Told::YouExchanged { day } => {
            return format!(
                "Rydych wedi cyfnewid diwrnodau â chyfranogwyr eraill: mae hwn yn cymryd lle eich diwrnod yn {}.",
                at(day)
            );
        }
        Told::ColleagueExchanged { day } => {
            return format!(
                "Mae eich cydweithiwr wedi cyfnewid diwrnodau â chyfranogwyr eraill: mae hwn yn cymryd lle'r diwrnod yn {}.",
                at(day)
            );
        }
        Told::SwapImpossible { by } => {
            return format!(
                "Mae {by} wedi gofyn am gael cyfnewid diwrnodau â chi. Nid yw hynny'n bosibl: nid yw rheolau'r rownd yn ei \
             ganiatáu, neu ni ellir cyfnewid un o'r diwrnodau nawr."
            );
        }
        Told::HadYouGone { km } => return format!("Pe baech wedi bod yn barod i fynd {km} km, {THEN}."),
        Told::HadYouBeenFree { date } => {
            return format!(
                "Pe baech wedi bod yn rhydd, ac wedi'ch rhyddhau, {} hefyd, {THEN}.",
                on_date(WELSH, *date)
            );
        }
        Told::HadAssuranceLasted { until } => {
            return format!(
                "Pe bai sicrwydd eich cyflogwr wedi bod yn ddilys tan {}, {THEN}.",
                on_date(WELSH, *until)
            );
        }
        Told::HadYouNotAvoided { library } => {
            return format!("Pe na baech wedi gofyn am osgoi {library}, {THEN}.");
        }
        Told::HadALibraryHadRoom => {
            return format!(
                "Ni fyddai mynd ymhellach, un diwrnod arall, sicrwydd hwy nac un llyfrgell yn llai i'w hosgoi, pob un ar ei \
             ben ei hun, wedi rhoi lle i chi: mae hynny wedi'i brofi. Ond gydag un lle arall, neu un rhyddhad arall, \
             mewn un llyfrgell ar un diwrnod, {THEN}."
            );
        }
        Told::YouSaidNo => "Rydych wedi dweud na all hyn ddigwydd.",
        Told::YouWereSilent => "Nid oeddech wedi ateb erbyn y dyddiad cau.",
        Told::NotAllAnswered => "Nid oedd pawb wedi ateb erbyn y dyddiad cau.",
        Told::OfferNotTaken => {
            "Ni dderbyniwyd erbyn y dyddiad cau yr hyn a gynigiodd y llyfrgell sy'n croesawu yn ei le."
        }
        Told::ParticipantRefused => "Ni all y cyfranogwr dderbyn y lle.",
        Told::ParticipantRefusedOffer => {
            "Ni all y cyfranogwr dderbyn yr hyn a gynigiodd y llyfrgell sy'n croesawu yn ei le."
        }
        Told::HostRefused => "Ni all y llyfrgell sy'n croesawu dderbyn ymwelydd ar y diwrnod hwn.",
        Told::ManagerRefused => "Ni all y rheolwr llinell ryddhau'r cyfranogwr ar y diwrnod hwn.",
        Told::ParticipantLeaves => "Ni all y cyfranogwr gymryd rhan mwyach.",
        Told::HostCloses => "Mae'r llyfrgell sy'n croesawu ar gau ar y diwrnod hwn.",
        Told::Rearranged => "Bu'n rhaid aildrefnu'r diwrnodau, oherwydd bod rhywbeth wedi newid.",
        Told::RoundOff => "Mae'r rownd wedi'i chanslo.",
        Told::TakenBack => {
            "Mae'r trefnwyr wedi tynnu'r amserlen yn ôl; mae'r diwrnodau'n cael eu trefnu o'r newydd."
        }
        Told::VisitorExchanged => {
            "Mae'r cyfranogwyr wedi cyfnewid eu diwrnodau, fel y cytunoch: daw'r ymwelydd hwn yn lle'r un a oedd i \
             fod i ddod."
        }
        Told::LibraryChanged => {
            "Mae gan y llyfrgell enw, cyfeiriad neu gylchfa amser gwahanol i'r un yn eich calendr."
        }
        Told::AnotherVisitIsOff => {
            "Byddai'r ymweliad hwn yn cymryd lle'r un ar yr un diwrnod sydd wedi'i ganslo."
        }
        Told::SwapRefusedByParticipant => "Nid yw un o'r cyfranogwyr am gyfnewid.",
        Told::SwapRefusedByHost => {
            "Mae'n well gan un o'r llyfrgelloedd sy'n croesawu dderbyn ei hymwelydd fel y cytunwyd."
        }
        Told::SwapRefusedByManager => "Ni all rheolwr llinell ryddhau cyfranogwr ar gyfer y diwrnod arall.",
        Told::SwapAgainstRules => "Erbyn hyn nid yw rheolau'r rownd yn ei ganiatáu mwyach.",
        Told::SwapHoursChanged => {
            "Mae oriau llyfrgell neu gyfranogwr wedi newid, felly nid dyma'r diwrnodau y cytunodd pawb iddynt."
        }
        Told::SwapOvertaken => "Mae un o'r diwrnodau wedi newid neu wedi'i ganslo.",
        Told::SwapExpired => "Nid oedd pawb y gofynnwyd iddynt wedi ateb mewn pryd.",
        Told::OfferStopped => "Mae'r trefnwyr wedi dod â'r cynnig i ben.",
        Told::ApplicationTakenBack => "Mae'r cais wedi'i dynnu'n ôl.",
        Told::PlaceGoneByRules => {
            "Nid yw'r lle ar gael mwyach: fel y mae pethau erbyn hyn, nid yw rheolau'r rownd yn ei ganiatáu."
        }
        Told::PlaceGoneTooNear => "Nid yw'r lle ar gael mwyach: mae'r diwrnod yn rhy agos i bawb allu ateb.",
        Told::PlaceGoneWithRound => {
            "Nid yw'r lle ar gael mwyach: nid yw diwrnodau'r rownd hon yn cael eu newid mwyach."
        }
        Told::NotReleased => "Nid oedd modd trefnu eich rhyddhau ar gyfer y diwrnodau hyn.",
        Told::NotReleasedForCover => {
            "Nid oedd modd trefnu eich rhyddhau ar gyfer y diwrnodau hyn: mae angen ei staff ar eich llyfrgell bryd \
             hynny. Efallai y bydd diwrnodau eraill yn well."
        }
        Told::NotReleasedForLeave => {
            "Nid oedd modd trefnu eich rhyddhau ar gyfer y diwrnodau hyn: maent mewn cyfnod o wyliau. Efallai y bydd \
             diwrnodau eraill yn well."
        }
        Told::NotReleasedForWork => {
            "Nid oedd modd trefnu eich rhyddhau ar gyfer y diwrnodau hyn: mae eich angen yn y gwaith bryd hynny. \
             Efallai y bydd diwrnodau eraill yn well."
        }
        Told::NotReleasedAskManager => {
            "Nid oedd modd trefnu eich rhyddhau ar gyfer y diwrnodau hyn. Gall eich rheolwr llinell ddweud mwy \
             wrthych."
        }
        Told::NoFreeDay => {
            "Mae'r diwrnodau y cawsoch eich rhyddhau arnynt yn ddiwrnodau rhydd yn ôl eich patrwm gwaith, neu'n \
             ddiwrnodau y mae gennych le arnynt mewn rownd arall."
        }
        Told::NothingFits => {
            "Nid oes llyfrgell sy'n croesawu ymwelwyr yn cyd-fynd â'r diwrnodau, y pellter a'r dymuniadau eraill. Mae \
             aros yn cyfrif: byddwch yn dod yn gynt yn y rownd nesaf."
        }
        Told::Outweighed => {
            "Roedd llai o leoedd nag o bobl, ac mae angen y lleoedd addas ar eraill ym mhob un o'r amserlenni gorau. \
             Mae aros yn cyfrif: byddwch yn dod yn gynt yn y rownd nesaf."
        }
        Told::NoSingleChange => {
            "Ni fyddai unrhyw newid unigol wedi rhoi lle i chi: na mynd ymhellach, nac un diwrnod arall o'r rownd, na \
             sicrwydd hwy, nac un llyfrgell yn llai i'w hosgoi; na chwaith un lle neu un rhyddhad arall mewn \
             llyfrgell ar ddiwrnod. Mae hynny wedi'i brofi."
        }
        Told::ChangeNotSettled => {
            "Nid oedd modd penderfynu yn yr amser a oedd ar gael a fyddai un newid bach wedi rhoi lle i chi."
        }
        Told::ChangeNotSought => "Ni chwiliwyd a fyddai un newid bach wedi rhoi lle i chi.",
        Told::CalendarProposesTime => {
            "Mae eich calendr wedi cynnig amser arall. Mae'r rhai sy'n trefnu'r diwrnodau wedi cael gwybod. Hyd nes iddynt ei \
             newid, mae'r diwrnod yn aros fel y mae: ar y dudalen gallwch ddweud ie neu na iddo."
        }
        Told::CalendarUndecided => {
            "Nid yw eich calendr wedi anfon ie na na. Rydym yn cadw at yr hyn a ddywedoch ar y dudalen hyd yma."
        }
        Told::AnswerUnproven => {
            "Mae ateb wedi dod o'ch calendr, ond nid oes dim yn profi mai eich ateb chi ydyw, felly nid yw'n cyfrif."
        }
        Told::AnswerFromElsewhere => {
            "Mae ateb i'ch gwahoddiad wedi dod o gyfeiriad gwahanol i'r un hwn, felly nid yw'n cyfrif."
        }
        Told::AnswerOutOfDate => {
            "Mae eich calendr wedi ateb gwahoddiad sydd wedi newid ers hynny, felly nid yw'r ateb yn cyfrif."
        }
        Told::AnswerLate => {
            "Mae ateb o'ch calendr wedi cyrraedd yn hwyr: rydych wedi ateb ers hynny, a'r ateb diweddarach sy'n \
             sefyll."
        }
        Told::AnswerInWords => {
            "Rydych wedi ysgrifennu atom. Nid oes neb yn darllen y blwch post hwn: dywedwch ie neu na ar y dudalen, \
             neu ysgrifennwch at y bobl a enwir yn eich negeseuon."
        }
        Told::AnswerNotPossible => {
            "Mae ateb wedi dod o'ch calendr, ond fel y mae pethau nawr ni ellir ei dderbyn."
        }
    };
    fixed.to_owned()
}
