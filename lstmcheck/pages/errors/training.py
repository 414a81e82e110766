"""Texts about losses, backward passes and checkpoints."""

from __future__ import annotations

from lstmcheck.pages.errors import TorchError

ERRORS = (
    TorchError(
        slug="backward-through-the-graph-a-second-time",
        title="Trying to backward through the graph a second time",
        text="Trying to backward through the graph a second time",
        pattern=r"Trying to backward through the graph a second time",
        means="""
            The state that a layer returns hangs on the graph of all steps before it. When it goes into the next batch,
            the next `backward()` runs through the batch before again, whose graph was freed.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            optimizer = torch.optim.SGD(lstm.parameters(), lr=0.1)
            state = None
            for batch in torch.randn(3, 5, 4, 10):
                out, state = lstm(batch, state)
                loss = out.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            """,
        mend="""
            Detach both parts of the state between the batches, and keep the result: `detach()` changes nothing in
            place. Where the batches do not continue each other, start each from no state. `retain_graph=True` is no
            remedy: every step gets slower, and the next error is [modified by an inplace
            operation](modified-by-an-inplace-operation.md).
            """,
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            optimizer = torch.optim.SGD(lstm.parameters(), lr=0.1)
            state = None
            for batch in torch.randn(3, 5, 4, 10):
                out, state = lstm(batch, state)
                loss = out.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                state = tuple(part.detach() for part in state)
            """,
        codes=("LSTM504",),
    ),
    TorchError(
        slug="modified-by-an-inplace-operation",
        title="one of the variables needed for gradient computation has been modified by an inplace operation",
        text="one of the variables needed for gradient computation has been modified by an inplace operation",
        pattern=r"one of the variables needed for gradient computation has been modified by an inplace operation",
        means="""
            Around recurrent layers it is mostly the second half of another mistake: a state is carried over batches
            without being detached, `retain_graph=True` was added against "Trying to backward through the graph a second
            time", and now the backward pass meets weights that `optimizer.step()` has changed since.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            optimizer = torch.optim.SGD(lstm.parameters(), lr=0.1)
            state = None
            for batch in torch.randn(3, 5, 4, 10):
                out, state = lstm(batch, state)
                loss = out.sum()
                optimizer.zero_grad()
                loss.backward(retain_graph=True)
                optimizer.step()
            """,
        mend="Take `retain_graph=True` out again, and detach the state.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20)
            optimizer = torch.optim.SGD(lstm.parameters(), lr=0.1)
            state = None
            for batch in torch.randn(3, 5, 4, 10):
                out, state = lstm(batch, state)
                loss = out.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                state = tuple(part.detach() for part in state)
            """,
        codes=("LSTM504",),
    ),
    TorchError(
        slug="expected-target-size",
        title="Expected target size [3, 7], got [3, 5]",
        text="Expected target size [3, 7], got [3, 5]",
        pattern=r"Expected target size [\[(]\d+, \d+[\])], got",
        means="""
            `CrossEntropyLoss` wants the classes on axis 1: (batch, classes, seq_len) with targets (batch, seq_len).
            What a recurrent network gives is (batch, seq_len, classes). Where there are as many steps as classes
            nothing is raised, and the loss is wrong (LSTM652).
            """,
        example="""
            import torch
            from torch import nn

            lstm, head = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 7)
            out, _ = lstm(torch.randn(3, 5, 10))
            target = torch.zeros(3, 5, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(head(out), target)
            """,
        mend="Transpose the predictions, or flatten both.",
        mended="""
            import torch
            from torch import nn

            lstm, head = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 7)
            out, _ = lstm(torch.randn(3, 5, 10))
            target = torch.zeros(3, 5, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(head(out).transpose(1, 2), target)
            """,
        codes=("LSTM501",),
    ),
    TorchError(
        slug="expected-input-batch-size-to-match",
        title="Expected input batch_size (15) to match target batch_size (3).",
        text="Expected input batch_size (15) to match target batch_size (3).",
        pattern=r"Expected input batch_size \(\d+\) to match target batch_size \(\d+\)",
        means="""
            There are more predictions than targets, or fewer. 15 is 3 samples times 5 steps: every step is predicted,
            and each sample has one target. Either the last step was meant, or the targets are missing their time
            axis.
            """,
        example="""
            import torch
            from torch import nn

            lstm, head = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 7)
            out, _ = lstm(torch.randn(3, 5, 10))
            target = torch.zeros(3, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(head(out).view(-1, 7), target)
            """,
        mend="Classify one vector for each sample: the last step, or the final state.",
        mended="""
            import torch
            from torch import nn

            lstm, head = nn.LSTM(10, 20, batch_first=True), nn.Linear(20, 7)
            out, _ = lstm(torch.randn(3, 5, 10))
            target = torch.zeros(3, dtype=torch.long)
            loss = nn.CrossEntropyLoss()(head(out[:, -1]), target)
            """,
        codes=("LSTM501",),
    ),
    TorchError(
        slug="using-a-target-size",
        title="Using a target size (torch.Size([8])) that is different to the input size (torch.Size([8, 1]))",
        text="Using a target size (torch.Size([8])) that is different to the input size (torch.Size([8, 1]))",
        pattern=r"Using a target size \(torch\.Size\(\[.*\]\)\) that is different to the input size",
        means="""
            A warning that costs the training: (8, 1) against (8,) is broadcast to (8, 8), every prediction is compared
            with every target, and the network learns the mean.
            """,
        example="""
            import torch
            from torch import nn

            gru, head = nn.GRU(10, 20, batch_first=True), nn.Linear(20, 1)
            out, h = gru(torch.randn(8, 5, 10))
            loss = nn.MSELoss()(head(h[-1]), torch.zeros(8))
            """,
        mend="Give both one shape: `prediction.squeeze(-1)`, or `target.unsqueeze(-1)`.",
        mended="""
            import torch
            from torch import nn

            gru, head = nn.GRU(10, 20, batch_first=True), nn.Linear(20, 1)
            out, h = gru(torch.randn(8, 5, 10))
            loss = nn.MSELoss()(head(h[-1]).squeeze(-1), torch.zeros(8))
            """,
        codes=("LSTM502",),
        warns=True,
    ),
    TorchError(
        slug="keys-in-state-dict",
        title='Unexpected key(s) in state_dict: "weight_ih_l0_reverse"',
        text='Unexpected key(s) in state_dict: "weight_ih_l0_reverse"',
        pattern=r"(Unexpected|Missing) key\(s\) in state_dict: .*weight_(ih|hh|hr)_l\d",
        means="""
            The weights belong to a layer of another configuration. The names tell which: `_reverse` is the second
            direction, `_l1` the second layer, `weight_hr` a projection, `bias_` the biases.
            """,
        example="""
            from torch import nn

            trained = nn.LSTM(10, 20, bidirectional=True)
            lstm = nn.LSTM(10, 20)
            lstm.load_state_dict(trained.state_dict())
            """,
        mend="""
            Build the layer with the arguments that the checkpoint was trained with. `strict=False` hides the error, and
            leaves the weights that are missing untrained.
            """,
        mended="""
            from torch import nn

            trained = nn.LSTM(10, 20, bidirectional=True)
            lstm = nn.LSTM(10, 20, bidirectional=True)
            lstm.load_state_dict(trained.state_dict())
            """,
        codes=("LSTM503",),
    ),
    TorchError(
        slug="expected-target-dtype",
        title="expected target dtype to be Long or Byte, but got Float",
        text="expected target dtype to be Long or Byte, but got Float",
        pattern=r"(expected target dtype to be Long or Byte|expected scalar type Long but found Float)",
        means="`CrossEntropyLoss` and `NLLLoss` want class numbers, int64; the labels are floats.",
        example="""
            import torch
            from torch import nn

            gru, head = nn.GRU(10, 20), nn.Linear(20, 7)
            out, h = gru(torch.randn(5, 3, 10))
            loss = nn.CrossEntropyLoss()(head(h[-1]), torch.zeros(3))
            """,
        mend="Convert the target: `target.long()`. The binary losses want floats instead.",
        mended="""
            import torch
            from torch import nn

            gru, head = nn.GRU(10, 20), nn.Linear(20, 7)
            out, h = gru(torch.randn(5, 3, 10))
            loss = nn.CrossEntropyLoss()(head(h[-1]), torch.zeros(3).long())
            """,
        codes=("LSTM505",),
    ),
    TorchError(
        slug="cudnn-rnn-backward-training-mode",
        title="cudnn RNN backward can only be called in training mode",
        text="cudnn RNN backward can only be called in training mode",
        pattern=r"cudnn RNN backward can only be called in training mode",
        means="""
            On a GPU a recurrent layer in evaluation mode keeps nothing for a backward pass. `model.eval()` was called,
            by a validation loop for instance, and `model.train()` was not called after it; or gradients with respect to
            the input of an evaluated model are wanted (attributions, for instance). On a CPU nothing is raised.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20).cuda().eval()
            out, _ = lstm(torch.randn(5, 3, 10, device="cuda"))
            out.sum().backward()
            """,
        mend="""
            Call `model.train()` before training goes on. For gradients of an evaluated model put only the recurrent
            layer into training mode, or switch cuDNN off around the call, `torch.backends.cudnn.flags(enabled=False)`.
            """,
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20).cuda().eval()
            lstm.train()
            out, _ = lstm(torch.randn(5, 3, 10, device="cuda"))
            out.sum().backward()
            """,
        codes=(),
        cuda=True,
    ),
    TorchError(
        slug="weights-single-contiguous-chunk",
        title="RNN module weights are not part of single contiguous chunk of memory",
        text="RNN module weights are not part of single contiguous chunk of memory",
        pattern=r"RNN module weights are not part of single contiguous chunk of memory",
        means="""
            A warning of cuDNN: the weights of the layer were replaced one by one (by `DataParallel`, weight
            normalisation, a moving average), and are gathered again at every call. The result is
            right; it costs time and memory.
            """,
        example="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20).cuda()
            lstm.weight_hh_l0 = nn.Parameter(lstm.weight_hh_l0.detach().clone())
            out, _ = lstm(torch.randn(5, 3, 10, device="cuda"))
            """,
        mend="Call `flatten_parameters()` once, after the weights were replaced; in `forward` for `DataParallel`.",
        mended="""
            import torch
            from torch import nn

            lstm = nn.LSTM(10, 20).cuda()
            lstm.weight_hh_l0 = nn.Parameter(lstm.weight_hh_l0.detach().clone())
            lstm.flatten_parameters()
            out, _ = lstm(torch.randn(5, 3, 10, device="cuda"))
            """,
        codes=(),
        warns=True,
        cuda=True,
    ),
)
