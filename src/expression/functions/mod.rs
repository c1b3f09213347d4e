//! The functions, one file for each group; a name is looked for in one group after the other.

pub(super) mod arithmetic;
mod collection;
mod comparison;
mod conditional;
pub(super) mod decimal;
mod logic;
mod math;
mod regexp;
mod round;
mod string;
pub(super) mod temporal;
mod unsupported;

use arrow::datatypes::DataType;

pub(crate) use collection::under;

use super::bind::Typed;
use super::cast::{Mode, cast};
use super::error::ExpressionError;
use super::function::{Arg, Values, function};
use super::tree::Expr;
use super::types::{is_numeric, is_string};
use crate::types::type_name;

/// A call with bound arguments.
pub(crate) struct Call<'a> {
    pub name: &'a str,
    /// The whole call as text, for messages.
    pub text: String,
    pub args: Vec<Typed>,
    /// The arguments as they were written.
    pub sources: &'a [Expr],
}

/// `None` where a group does not know the name.
type Found = Option<Result<Typed, ExpressionError>>;

pub(super) fn bind(call: Call<'_>) -> Result<Typed, ExpressionError> {
    let groups: [fn(&Call<'_>) -> Found; 11] = [
        comparison::bind,
        arithmetic::bind,
        logic::bind,
        conditional::bind,
        string::bind,
        math::bind,
        round::bind,
        temporal::bind,
        collection::bind,
        regexp::bind,
        unsupported::bind,
    ];
    groups
        .iter()
        .find_map(|group| group(&call))
        .unwrap_or_else(|| Err(ExpressionError::UnknownFunction { name: call.name.to_owned() }))
}

impl Call<'_> {
    fn invalid(&self, message: impl Into<String>) -> ExpressionError {
        ExpressionError::Invalid { expression: self.text.clone(), message: message.into() }
    }

    /// The arguments, if there are `least` to `most` of them.
    fn args(&self, least: usize, most: usize) -> Result<&[Typed], ExpressionError> {
        if (least..=most).contains(&self.args.len()) {
            return Ok(&self.args);
        }
        let range = if least == most { format!("{least}") } else { format!("{least} to {most}") };
        Err(self.invalid(format!("{range} arguments are needed, not {}", self.args.len())))
    }

    fn wrong(&self, index: usize, expected: &str) -> ExpressionError {
        ExpressionError::Argument {
            expression: self.text.clone(),
            expected: expected.to_owned(),
            argument: self.sources.get(index).map(Expr::to_string).unwrap_or_default(),
            actual: Box::new(self.args[index].data_type.clone()),
        }
    }

    fn types(&self, action: &'static str) -> ExpressionError {
        let of = |index: usize| Box::new(self.args.get(index).map_or(DataType::Null, |arg| arg.data_type.clone()));
        ExpressionError::Types { expression: self.text.clone(), action, left: of(0), right: of(1) }
    }

    /// The argument as a number of that type; NULL is one of any type.
    fn number(&self, index: usize, target: &DataType) -> Result<Typed, ExpressionError> {
        let arg = &self.args[index];
        if !is_numeric(&arg.data_type) && arg.data_type != DataType::Null {
            return Err(self.wrong(index, "a number"));
        }
        cast(arg.clone(), target, Mode::Fail, &self.text)
    }

    fn integer(&self, index: usize) -> Result<Typed, ExpressionError> {
        let data_type = &self.args[index].data_type;
        if !super::types::is_integer(data_type) && *data_type != DataType::Null {
            return Err(self.wrong(index, "an integer"));
        }
        self.number(index, &DataType::Int64)
    }

    /// The argument as text: nothing but STRING and NULL is one.
    fn string(&self, index: usize) -> Result<Typed, ExpressionError> {
        let arg = &self.args[index];
        match &arg.data_type {
            data_type if is_string(data_type) => Ok(arg.clone()),
            DataType::Null => cast(arg.clone(), &DataType::Utf8, Mode::Fail, &self.text),
            _ => Err(self.wrong(index, &type_name(&DataType::Utf8))),
        }
    }

    fn boolean(&self, index: usize) -> Result<Typed, ExpressionError> {
        let arg = &self.args[index];
        match &arg.data_type {
            DataType::Boolean => Ok(arg.clone()),
            DataType::Null => cast(arg.clone(), &DataType::Boolean, Mode::Fail, &self.text),
            _ => Err(self.wrong(index, "BOOLEAN")),
        }
    }

    /// A literal text or symbol.
    fn symbol(&self, index: usize) -> Result<&str, ExpressionError> {
        self.args.get(index).and_then(Typed::literal_text).ok_or_else(|| self.wrong(index, "a literal text"))
    }

    /// A function that cannot fail.
    fn total(
        &self,
        args: Vec<Typed>,
        returns: DataType,
        run: impl Fn(&[Arg], usize) -> Values + Send + Sync + 'static,
    ) -> Typed {
        function(self.name, args, returns, false, run)
    }

    /// A function that can fail for some records.
    fn partial(
        &self,
        args: Vec<Typed>,
        returns: DataType,
        run: impl Fn(&[Arg], usize) -> Values + Send + Sync + 'static,
    ) -> Typed {
        function(self.name, args, returns, true, run)
    }
}
