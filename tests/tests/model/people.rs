//! People, texts and keys of the model: few of each, so that they occur together often.

use ventanilla_service::{
    Category, IdempotencyKey, MessageText, Policy, Timestamp, UserId,
    settings::{AttachmentPolicy, BotPolicy, Days, Limits, Reopen},
    ticket::MediaType,
};

use super::sla_setups::SlaSetup;

/// The people. The third is an administrator who also asks for help; ids are 24 hexadecimal digits,
/// which every store takes.
pub(crate) fn person(number: u8) -> UserId {
    UserId::parse(&format!("65a1f0c2c11e47e0{number:08x}")).unwrap()
}

pub(crate) fn customers() -> Vec<UserId> {
    (0..3).map(person).collect()
}

pub(crate) fn admins() -> Vec<UserId> {
    (2..5).map(person).collect()
}

pub(crate) fn categories() -> Vec<Category> {
    vec![Category::PAGOS, Category::PAGOS, Category::BUG, Category::parse("ENVÍOS").unwrap()]
}

pub(crate) fn keys() -> Vec<IdempotencyKey> {
    ["k1", "k2"].map(|key| IdempotencyKey::parse(key).unwrap()).into()
}

/// Tags, more than a ticket may have.
pub(crate) static TAGS: [&str; 10] =
    ["vip", "cliente nuevo", "ñandú", "a:b", "urgente", "t5", "t6", "t7", "t8", "t9"];

/// References to what tickets are about, more than a ticket may have. Some ids are those of another kind
/// too.
pub(crate) static ABOUT: [&str; 10] = [
    "order:1",
    "payment:1",
    "order:11",
    "payment:order:1",
    "order:2",
    "order:ñ/1?a=#b",
    "o-1_x:1",
    "order:7",
    "order:8",
    "order:9",
];

/// Text as it is typed, with the accepted text or the code of its error.
#[derive(Debug)]
pub(crate) struct Typed {
    pub(crate) raw: &'static str,
    pub(crate) clean: Result<&'static str, &'static str>,
}

/// Texts of up to 12 bytes are allowed: the first four, of which the first two are one text.
pub(crate) static TEXTS: [Typed; 8] = [
    Typed { raw: "hola", clean: Ok("hola") },
    Typed { raw: " hola\r\n", clean: Ok("hola") },
    Typed { raw: "¿y?\r\nno", clean: Ok("¿y?\nno") },
    Typed { raw: "doce letras.", clean: Ok("doce letras.") },
    Typed { raw: "trece letras.", clean: Ok("trece letras.") },
    Typed { raw: "", clean: Err("text_empty") },
    Typed { raw: " \n", clean: Err("text_blank") },
    Typed { raw: "\u{7}", clean: Err("text_forbidden_character") },
];

impl Typed {
    pub(crate) fn text(&self) -> MessageText {
        MessageText::parse(self.raw).unwrap()
    }
}

/// Policy with narrow limits, in which a conversation is full after 6 messages or 40 bytes, and a ticket
/// after 48 bytes of files.
pub(crate) fn policy(
    reopen: Reopen,
    close_after: Days,
    bot: BotPolicy,
    setup: Option<&SlaSetup>,
) -> Policy {
    let limits = Limits::default()
        .with_text_bytes(12)
        .and_then(|limits| limits.with_messages(6))
        .and_then(|limits| limits.with_conversation_bytes(40))
        .and_then(|limits| limits.with_notes(2))
        .and_then(|limits| limits.with_history(4));
    let sla = setup.map(|setup| setup.sla.clone());
    let media_types = [MediaType::PNG, MediaType::TEXT].into();
    let attachments = AttachmentPolicy { file_bytes: 24, ticket_bytes: 48, media_types };
    Policy { limits: limits.unwrap(), reopen, close_after, sla, bot, attachments }
}

/// Start of a run at a desk without an SLA policy.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_millis(1_767_603_600_000).unwrap()
}
