//! Captions: the trace in sentences, in English and Simplified Chinese.
//!
//! Kubernetes has nothing like it: its users read Events and logs. Here each record that is worth a
//! sentence has one. [`tell`] says in which message and with which values, free of any language; a
//! [`Catalogue`] puts it into words. The messages are Fluent files in `sim/locales/`. What only carries
//! a message, renews a lease or repeats what is known stays silent.
//!
//! A new [`Code`](crate::trace::Code) needs one message in `codes.ftl` of each language and one line in
//! `weight_of_code`; a new fault, one word in [`FAULTS`] and two messages in `records.ftl`. Tests name
//! what is missing.

mod change;
mod render;
mod telling;
#[cfg(test)]
mod tests;

pub use telling::{Arg, FAULTS, TIMERS, Telling, Weight, tell};
pub(crate) use telling::{name_of, node_of};

use crate::object::{Obj, Str};
use crate::trace::Record;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt;

/// A language that the captions speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Lang {
    /// All languages.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::ZhCn];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::ZhCn => "zh-CN",
        }
    }

    /// The language of a tag or of a value of `LANG`, `LC_ALL` or `LANGUAGE`: `zh_CN.UTF-8`, `zh-Hans`,
    /// `fr:zh:en`. The first one that is known; English if none is.
    pub fn parse(locale: &str) -> Lang {
        locale
            .split(':')
            .find_map(|one| {
                let language = one.split(['_', '-', '.', '@']).next().unwrap_or_default();
                match language.to_ascii_lowercase().as_str() {
                    "en" => Some(Lang::En),
                    "zh" => Some(Lang::ZhCn),
                    _ => None,
                }
            })
            .unwrap_or_default()
    }

    /// The Fluent sources, each with its file name.
    pub(crate) fn sources(self) -> [(&'static str, &'static str); 5] {
        macro_rules! files {
            ($dir:literal) => {
                [
                    ("codes.ftl", include_str!(concat!("../../locales/", $dir, "/codes.ftl"))),
                    ("records.ftl", include_str!(concat!("../../locales/", $dir, "/records.ftl"))),
                    ("words.ftl", include_str!(concat!("../../locales/", $dir, "/words.ftl"))),
                    ("ui.ftl", include_str!(concat!("../../locales/", $dir, "/ui.ftl"))),
                    ("view.ftl", include_str!(concat!("../../locales/", $dir, "/view.ftl"))),
                ]
            };
        }
        match self {
            Lang::En => files!("en"),
            Lang::ZhCn => files!("zh-CN"),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// What a record alone does not say, but its sentence needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The nodes' names, by index.
    pub nodes: &'a [Str],
    /// For an update: the version of the object that it replaced. Without it the update stays untold.
    pub previous: Option<&'a Obj>,
    /// For a lost message: the record of its sending.
    pub sent: Option<&'a Record>,
}

/// All sentences in one language.
pub struct Catalogue {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("lang", &self.lang).finish_non_exhaustive()
    }
}

impl Catalogue {
    /// The catalogue of a language.
    ///
    /// # Panics
    /// If an embedded file is broken; a test sees to it that none is.
    pub fn new(lang: Lang) -> Catalogue {
        let locale = lang.tag().parse().expect("a language tag");
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // Isolation marks are for text that mixes directions; in a terminal they are rubbish.
        bundle.set_use_isolating(false);
        for (file, source) in lang.sources() {
            let resource = FluentResource::try_new(source.to_owned())
                .unwrap_or_else(|(_, errors)| panic!("{lang}/{file}: {errors:?}"));
            bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{lang}/{file}: {errors:?}"));
        }
        Catalogue { lang, bundle }
    }

    /// Its language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether it has a message.
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// A message, or with `id.attribute` one of its attributes, with values put in. Whole numbers are
    /// passed as numbers, so that a message can choose its plural form. An unknown id is printed as it is.
    pub fn text(&self, id: &str, args: &[(&str, &dyn fmt::Display)]) -> String {
        self.format(id, args.iter().map(|(k, v)| (*k, v.to_string())))
    }

    /// The sentence for a record; `None` for the many that are not worth one.
    pub fn caption(&self, record: &Record, context: &Context<'_>) -> Option<String> {
        tell(record, context).map(|telling| self.say(&telling))
    }

    /// Puts a telling into words.
    pub fn say(&self, telling: &Telling) -> String {
        self.format(&telling.id, telling.args.iter().map(|(k, arg)| (k.as_str(), self.word(arg))))
    }

    fn find(&self, id: &str) -> Option<&fluent_syntax::ast::Pattern<&str>> {
        match id.split_once('.') {
            Some((id, attribute)) => Some(self.bundle.get_message(id)?.get_attribute(attribute)?.value()),
            None => self.bundle.get_message(id)?.value(),
        }
    }

    fn format<'a>(&self, id: &str, args: impl Iterator<Item = (&'a str, String)>) -> String {
        let Some(pattern) = self.find(id) else { return id.to_owned() };
        let args: FluentArgs<'_> = args.map(|(k, v)| (k.to_owned(), value(v))).collect();
        // A value that is missing is printed as {$name}: better than a sentence that is not there.
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
        match self.lang {
            Lang::En => text.into_owned(),
            Lang::ZhCn => render::space_han(&text),
        }
    }
}

/// A number if it is one that prints as it was written, else text.
fn value(text: String) -> FluentValue<'static> {
    match text.parse::<i64>() {
        Ok(n) if text.len() <= 15 && n.to_string() == text => FluentValue::from(n),
        _ => FluentValue::from(text),
    }
}
