//! The names of the people, in several scripts.

use std::collections::HashSet;

/// Names in scripts and with characters that trip naive clients: Han, accents, a blank, an apostrophe.
const NAMES: [&str; 48] = [
    "张三",
    "李四",
    "王伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨帆",
    "赵磊",
    "黄丽",
    "周杰",
    "吴敏",
    "徐强",
    "孙悦",
    "马超",
    "朱婷",
    "胡斌",
    "郭晓明",
    "何雨桐",
    "欧阳雪",
    "诸葛亮",
    "林志远",
    "罗欣",
    "高建国",
    "zoë.müller",
    "josé.garcía",
    "françois.lefèvre",
    "björn.åkesson",
    "søren.ødegård",
    "łukasz.wiśniewski",
    "jiří.dvořák",
    "ağustos.çelik",
    "nuño.peña",
    "anaïs.noël",
    "jürgen.weiß",
    "márta.szőke",
    "ștefan.ionescu",
    "Ana María",
    "inês.gonçalves",
    "o'brien",
    "andré.côté",
    "renée.béland",
    "émile.zamor",
    "agnès.rivière",
    "götz.bäcker",
    "petr.šimůnek",
    "živa.kovač",
    "dilara.öztürk",
];

/// How many plain names (`user001` and so on) follow the others.
const PLAIN_NAMES: usize = 32;

/// How many people there are at least.
pub(super) const FEWEST: usize = NAMES.len() + PLAIN_NAMES;

/// Parts of further names, for sets with more people than the lists above.
const SURNAMES: [&str; 20] = [
    "张", "王", "李", "赵", "陈", "杨", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "林", "郭", "何",
    "高", "罗", "郑",
];
const SYLLABLES: [&str; 20] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超", "兰",
    "霞", "平", "刚",
];
const FIRST_NAMES: [&str; 24] = [
    "anna", "béla", "chloé", "david", "élodie", "fatma", "gürkan", "håkon", "ines", "jörg", "karl", "lucía",
    "maja", "noël", "olga", "paweł", "quim", "rené", "sofía", "tomáš", "ursula", "věra", "wanda", "zoltán",
];
const LAST_NAMES: [&str; 24] = [
    "almeida",
    "berg",
    "castaño",
    "dąbrowski",
    "eriksen",
    "fischer",
    "gómez",
    "hänninen",
    "ivanov",
    "jensen",
    "kovács",
    "lindström",
    "müller",
    "novák",
    "o'neill",
    "petrović",
    "rossi",
    "schröder",
    "türk",
    "urban",
    "vargas",
    "weiß",
    "yılmaz",
    "žižka",
];

/// `count` names, at least [`FEWEST`], each of them once.
pub(super) fn names(count: usize) -> Vec<String> {
    let plain = (1..=PLAIN_NAMES).map(|number| format!("user{number:03}"));
    let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).chain(plain).collect();
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    for number in 0..count.saturating_sub(FEWEST) {
        let part = number / 3;
        let mut name = match number % 3 {
            0 => format!(
                "{}{}{}",
                SURNAMES[part % 20],
                SYLLABLES[part / 20 % 20],
                SYLLABLES[part / 400 % 20]
            ),
            1 => format!("{}.{}", FIRST_NAMES[part % 24], LAST_NAMES[part / 24 % 24]),
            _ => format!("user{:05}", part + PLAIN_NAMES + 1),
        };
        // Namesakes get a number, as in a real directory.
        let first = name.clone();
        let mut namesake = 2;
        while !taken.insert(name.clone()) {
            name = format!("{first}{namesake}");
            namesake += 1;
        }
        names.push(name);
    }
    names
}
